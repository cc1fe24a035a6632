import { Chakra, Fragment, h, useEffect, useState } from "../kit/react.js";
import { Window } from "./dialog.js";
import { TextField } from "./fields.js";
import { Loading, Trouble } from "./states.js";

const { Box, Button, Stack, Text } = Chakra;

/** What an act has come to: nothing yet, under way, done with a result, or failed. */
export function useAct(act) {
  const [state, setState] = useState({});
  const run = (...given) => {
    setState({ isRunning: true });
    act(...given).then(
      (result) => setState({ result }),
      (failure) => setState({ failure }),
    );
  };
  return { ...state, run, reset: () => setState({}) };
}

function Result({ act, told }) {
  if (act.isRunning) return h(Loading, { what: "the result" });
  if (act.failure) return h(Trouble, { failure: act.failure });
  return act.result !== undefined ? h(Box, { role: "status" }, told(act.result)) : null;
}

/**
 * Asks before something is done: what it will do, how often, and why it is wanted.
 *
 * @param question what the person is asked, with the count of what it concerns
 * @param act does it, given the reason; returns a promise of the result
 * @param told result => what it has come to
 * @param onDone is called when the dialog is closed after it was done
 * @param isReady false while there is something to fill in yet
 */
export function Confirm({ title, question, verb, isOpen, onClose, act, told, onDone, isReady = true, isGrave, children }) {
  const [reason, setReason] = useState("");
  const doing = useAct(act);
  const isDone = doing.result !== undefined;
  useEffect(() => {
    if (isOpen) {
      setReason("");
      doing.reset();
    }
  }, [isOpen]);
  const close = () => {
    onClose();
    if (isDone) onDone?.(doing.result);
  };
  const submit = (event) => {
    event.preventDefault();
    doing.run(reason.trim());
  };
  const buttons = isDone
    ? h(Button, { size: "sm", onClick: close }, "Close")
    : h(
        Fragment,
        null,
        h(Button, { size: "sm", variant: "ghost", onClick: close }, "Do nothing"),
        h(
          Button,
          { size: "sm", type: "submit", form: "confirmation", colorPalette: isGrave ? "red" : undefined, disabled: !isReady || !reason.trim() || doing.isRunning },
          verb,
        ),
      );
  return h(
    Window,
    { title, isOpen, onClose: close, buttons },
    h(
      "form",
      { id: "confirmation", onSubmit: submit },
      h(
        Stack,
        { gap: 4 },
        !isDone && h(Text, null, question),
        !isDone && children,
        !isDone &&
          h(TextField, { label: "Why? It is recorded with your name.", value: reason, onChange: setReason, width: "100%", isLong: true, required: true }),
        h(Result, { act: doing, told }),
      ),
    ),
  );
}
