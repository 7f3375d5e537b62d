// What the page has to say, for a while, at its lower edge.

const SAID_MS = 6000;
let hiding = 0;

export function say(text, wrong = true) {
  const said = document.getElementById("said");
  said.textContent = text;
  said.className = wrong ? "wrong" : "";
  said.hidden = false;
  clearTimeout(hiding);
  hiding = setTimeout(() => { said.hidden = true; }, SAID_MS);
}
