// Does one thing at a time; of what is asked for meanwhile only the newest is done, the others come to null.

export function newest(work) {
  let busy = false, waiting = null;
  return async (given) => {
    if (busy) {
      waiting?.(false);
      if (!await new Promise((resolve) => { waiting = resolve; })) return null;
    }
    busy = true;
    try {
      return await work(given);
    } finally {
      busy = waiting !== null;
      waiting?.(true);
      waiting = null;
    }
  };
}
