import type { Cryptoki } from '#adapters/pkcs11/cryptoki.ts';

/** How a library answers otherwise than the real one. */
export type Deviation = (real: Cryptoki) => Partial<Cryptoki>;

/** A library that answers as the real one, but for some calls. What deviates is asked for anew at each call. */
export function deviating(real: Cryptoki, deviation: () => Deviation): Cryptoki {
  return new Proxy(real, {
    get(target, name) {
      const value: unknown = Reflect.get(deviation()(target), name) ?? Reflect.get(target, name);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

/** A library whose list of mechanisms lacks some. */
export function without(...missing: number[]): Deviation {
  return (real) => ({
    C_GetMechanismList: (slot) => real.C_GetMechanismList(slot).filter((each) => !missing.includes(each)),
  });
}
