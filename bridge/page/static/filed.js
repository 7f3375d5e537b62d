// Gives a browser files to keep.

import { ask } from "./ask.js";
import { element } from "./element.js";
import { say } from "./said.js";

const KEPT_MS = 60_000;

export const baseName = (name) => name.replace(/\.[^.]*$/, "");

export function giveFile(blob, name) {
  const address = URL.createObjectURL(blob);
  element("a", { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), KEPT_MS);
}

// Asks the instrument for a file; meanwhile the button says that it is made.
export async function askForFile(button, name, address, options) {
  const label = button.textContent;
  button.disabled = true;
  button.textContent = "Is made …";
  try {
    giveFile(await (await ask(address, options)).blob(), name);
  } catch (error) {
    say(error.message);
  }
  button.textContent = label;
  button.disabled = false;
}
