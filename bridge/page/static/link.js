// The connection to the instrument: OSC messages as JSON lists [address, argument, ...], both ways.

const AGAIN_MS = 500;

export function socketAddress(path) {
  return `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}${path}`;
}

export class Link extends EventTarget {
  #socket = null;
  #heard = new Map();
  #prefixes = [];

  constructor(path) {
    super();
    this.#connect(path);
  }

  // Calls back with the arguments of each message to this address.
  on(address, callback) {
    const callbacks = this.#heard.get(address) ?? [];
    callbacks.push(callback);
    this.#heard.set(address, callbacks);
  }

  // Calls back with what follows the prefix, and the arguments.
  onAll(prefix, callback) {
    this.#prefixes.push([prefix, callback]);
  }

  send(address, ...given) {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify([address, ...given]));
  }

  #connect(path) {
    const socket = this.#socket = new WebSocket(socketAddress(path));
    socket.onopen = () => this.dispatchEvent(new Event("there"));
    socket.onmessage = (event) => JSON.parse(event.data).forEach((message) => this.#hear(message));
    socket.onclose = () => {
      this.dispatchEvent(new Event("lost"));
      setTimeout(() => this.#connect(path), AGAIN_MS);
    };
  }

  #hear([address, ...given]) {
    if (given.includes(null)) return; // JSON's word for what is no number
    for (const callback of this.#heard.get(address) ?? []) callback(...given);
    for (const [prefix, callback] of this.#prefixes) {
      if (address.startsWith(prefix)) callback(address.slice(prefix.length), ...given);
    }
  }
}
