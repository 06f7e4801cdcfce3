// What is chosen: a token, a unit, a layer, a signal, a method. Input: changes. Output: calls of those who listen.

export function createState(initial) {
  let now = { ...initial };
  const listeners = new Set();
  return {
    get: () => now,
    set(changes) {
      const before = now;
      now = { ...now, ...changes };
      if (Object.keys(changes).some((key) => before[key] !== now[key])) listeners.forEach((listen) => listen(now, before));
    },
    // Calls `listen` now and after each change. Returns what ends that.
    on(listen) {
      listeners.add(listen);
      listen(now, {});
      return () => listeners.delete(listen);
    },
  };
}

// Returns the token and the unit to show: what the pointer is at, else what is chosen.
export function shown({ token, unit, overToken, overUnit }) {
  return { token: overToken ?? token, unit: overUnit ?? unit };
}
