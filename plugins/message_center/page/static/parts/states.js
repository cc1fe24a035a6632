// What a screen shows when there is nothing to show yet, or nothing at all, or something is wrong.
import { say } from "../kit/live.js";
import { Chakra, h, useEffect } from "../kit/react.js";

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
  return h(Box, null, failure && h(Trouble, { failure, again }), answer && children(answer));
}
