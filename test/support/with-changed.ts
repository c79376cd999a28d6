/** The same object, some methods of which are others; those left go to it, whatever is added to it later. */
export function withChanged<T extends object>(target: T, change: Partial<T>): T {
  return new Proxy(target, {
    get(_, key) {
      if (Object.hasOwn(change, key)) return Reflect.get(change, key);
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}
