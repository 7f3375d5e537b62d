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

// Says in `status` whether the instrument is there, and what it refuses.
export function sayOf(link, status) {
  const there = (is) => {
    status.textContent = is ? "playing" : "no connection, trying again";
    document.body.classList.toggle("lost", !is);
  };
  link.addEventListener("there", () => there(true));
  link.addEventListener("lost", () => there(false));
  link.on("/phono/error", (address, reason) => say([address, reason].filter(Boolean).join(": ")));
}
