// What a screen shows when there is nothing to show yet, or nothing at all, or something is wrong.
import { say } from "../kit/live.js";
import { Chakra, Component, h, useEffect } from "../kit/react.js";

const { Alert, Box, Button, Flex, Heading, Spinner, Stack, Text } = Chakra;

export function Loading({ what }) {
  return h(
    Flex,
    { align: "center", gap: 3, p: 6 },
    h(Spinner, { size: "sm" }),
    h(Text, { color: "fg.muted" }, `Loading ${what} …`),
  );
}

export function Trouble({ failure, again }) {
  return h(
    Alert.Root,
    { status: "error", role: "alert", mb: 3 },
    h(Alert.Indicator),
    h(
      Alert.Content,
      null,
      h(Alert.Title, null, failure.message ?? failure.detail),
      failure.remedy && h(Alert.Description, null, failure.remedy),
    ),
    again && h(Button, { size: "xs", variant: "outline", onClick: again }, "Try again"),
  );
}

export function Empty({ title, children }) {
  return h(
    Stack,
    { align: "center", textAlign: "center", gap: 2, py: 12, px: 6, borderWidth: 1, borderStyle: "dashed", rounded: "md" },
    h(Heading, { size: "sm", as: "p" }, title),
    children && h(Box, { color: "fg.muted", maxW: "60ch" }, children),
  );
}

const UNREADABLE = { message: "This part cannot be shown", remedy: "The rest of the page goes on. If it stays so, tell who looks after the package what the browser's console says." };

/**
 * Keeps what cannot be shown to itself: what is beside it stays.
 *
 * @param of what it is made from: with something else it is tried again
 * @param isSmall whether there is room for a word only, as in a cell
 */
export class Boundary extends Component {
  state = { failed: false };

  static getDerivedStateFromError() {
    return { failed: true };
  }

  componentDidUpdate({ of }) {
    if (this.state.failed && of !== this.props.of) this.setState({ failed: false });
  }

  render() {
    if (!this.state.failed) return this.props.children;
    return this.props.isSmall ? h(Text, { color: "fg.error", title: UNREADABLE.remedy }, "cannot be shown") : h(Trouble, { failure: UNREADABLE });
  }
}

// What is made of an answer, in a component of its own: so a boundary around it keeps what goes wrong.
const Made = ({ answer, children }) => children(answer);

/**
 * Shows what a question has come to: waiting, trouble, or what is made of its answer; who does not see it is told.
 *
 * @param what it is asked for
 * @param told answer => what it has come to in words; by default, that it is there
 */
export function Answered({ question, what, told = () => `Loaded ${what}.`, children }) {
  const { answer, failure, isLoading, again } = question;
  // A refresh of what is there already is no news.
  useEffect(() => {
    if (isLoading) say(`Loading ${what} …`);
    else if (answer) say(told(answer));
  }, [isLoading]);
  if (isLoading) return h(Loading, { what });
  return h(Box, null, failure && h(Trouble, { failure, again }), answer && h(Boundary, { of: answer }, h(Made, { answer, children })));
}
