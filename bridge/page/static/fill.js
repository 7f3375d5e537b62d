// Fills the screen with a picture, where the browser can.

export function fillScreen(button, canvas) {
  button.hidden = !document.fullscreenEnabled;
  button.onclick = () => canvas.parentElement.requestFullscreen();
}
