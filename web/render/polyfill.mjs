// What QuickJS lacks and Vega reaches for.

if (globalThis.structuredClone === undefined) {
  globalThis.structuredClone = (value) => clone(value, new Map());
}

// Timers fire as soon as the running code has ended, whatever their delay: a picture waits for nothing.
if (globalThis.setTimeout === undefined) {
  globalThis.setTimeout = (run, _delay, ...values) => {
    Promise.resolve().then(() => run(...values));
    return 0;
  };
  globalThis.clearTimeout = () => {};
  globalThis.setInterval = () => 0;
  globalThis.clearInterval = () => {};
}

if (globalThis.console === undefined) {
  const silent = () => {};
  globalThis.console = { log: silent, info: silent, warn: silent, error: silent, debug: silent };
}

/// A deep copy of plain data; `seen` keeps shared and circular parts what they are.
function clone(value, seen) {
  if (typeof value === "function" || typeof value === "symbol") throw new TypeError("cannot be cloned");
  if (value === null || typeof value !== "object") return value;
  if (seen.has(value)) return seen.get(value);
  if (value instanceof Date) return new Date(value.getTime());
  if (value instanceof RegExp) return new RegExp(value.source, value.flags);
  if (value instanceof Map) return filled(value, new Map(), seen, (copy, [key, item]) => copy.set(clone(key, seen), clone(item, seen)));
  if (value instanceof Set) return filled(value, new Set(), seen, (copy, item) => copy.add(clone(item, seen)));
  if (Array.isArray(value)) return filled(value, [], seen, (copy, item) => copy.push(clone(item, seen)));
  const copy = {};
  seen.set(value, copy);
  for (const key of Object.keys(value)) copy[key] = clone(value[key], seen);
  return copy;
}

function filled(value, copy, seen, add) {
  seen.set(value, copy);
  for (const item of value) add(copy, item);
  return copy;
}
