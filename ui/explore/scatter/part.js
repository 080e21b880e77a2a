// Keeps bytes for the map under a name, so that they cross the wire once and not with each choice.
const KEPT = 16; // parts; those that are shown are always among the last

export default function ({ data }) {
  const parts = (globalThis.digitMapParts ??= new Map());
  const name = new TextDecoder().decode(data.subarray(0, 16));
  const bytes = parts.get(name) ?? data.slice(16);
  parts.delete(name);
  parts.set(name, bytes);
  while (parts.size > KEPT) parts.delete(parts.keys().next().value);
  globalThis.dispatchEvent(new Event("digitmappart"));
}
