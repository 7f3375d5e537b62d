// Files that are dropped anywhere on the page; while one is over it, the page's body is `dragged`.

// Calls back with the first file, or with nothing if what was dropped is none.
export function whenDropped(given) {
  let over = 0; // elements that are entered and not left
  const dragged = (now) => {
    over = now;
    document.body.classList.toggle("dragged", over > 0);
  };
  addEventListener("dragenter", () => dragged(over + 1));
  addEventListener("dragleave", () => dragged(over - 1));
  addEventListener("dragover", (event) => event.preventDefault());
  addEventListener("drop", (event) => {
    event.preventDefault();
    dragged(0);
    given(event.dataTransfer.files[0]);
  });
}
