import { Chakra, h } from "../kit/react.js";

const { Alert, Text } = Chakra;

/**
 * Who could not be asked, and why.
 *
 * @param silent by account
 * @param more [who, silence] pairs besides
 * @param note what is here nevertheless
 */
export function Silences({ silent, more = [], note = "" }) {
  const all = [...Object.entries(silent), ...more];
  if (!all.length) return null;
  return h(
    Alert.Root,
    { status: "warning", role: "status", mb: 3 },
    h(Alert.Indicator),
    h(Alert.Content, null, all.map(([who, { detail }]) => h(Text, { key: who }, `${who}: ${detail} ${note}`))),
  );
}
