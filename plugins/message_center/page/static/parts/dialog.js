import { Chakra, h } from "../kit/react.js";

const { CloseButton, Dialog, Portal } = Chakra;

/** A dialog over the page; Escape and a click beside it close it, and the focus goes back to where it was. */
export function Window({ title, isOpen, onClose, size = "md", children, buttons }) {
  return h(
    Dialog.Root,
    { open: isOpen, onOpenChange: ({ open }) => !open && onClose(), size, lazyMount: true, unmountOnExit: true },
    h(
      Portal,
      null,
      h(Dialog.Backdrop),
      h(
        Dialog.Positioner,
        null,
        h(
          Dialog.Content,
          null,
          h(Dialog.Header, null, h(Dialog.Title, null, title)),
          h(Dialog.Body, null, children),
          buttons && h(Dialog.Footer, null, buttons),
          h(Dialog.CloseTrigger, { asChild: true }, h(CloseButton, { size: "sm", "aria-label": "Close" })),
        ),
      ),
    ),
  );
}
