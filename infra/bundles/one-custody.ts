import type { Plugin } from 'esbuild';

/** Where the private keys live: in AWS KMS, or in a token. */
export type Custody = 'kms' | 'pkcs11';

const adapters = { kms: /^#adapters\/kms\//, pkcs11: /^#adapters\/pkcs11\// } as const;

/**
 * Leaves out of bundles the custody that they are not for, where the wiring opens either. Told to open it all the same, by an
 * environment that is not the bundle's own, a function says so.
 */
export function oneCustody(custody: Custody): Plugin {
  const other = custody === 'kms' ? 'pkcs11' : 'kms';
  return {
    name: 'one-custody',
    setup(build) {
      const namespace = 'other-custody';
      build.onResolve({ filter: adapters[other] }, ({ path, importer }) =>
        /[\\/]shared[\\/]wiring[\\/]/.test(importer) ? { path, namespace } : undefined,
      );
      build.onLoad({ filter: /.*/, namespace }, () => ({ contents: leftOut(other) }));
    },
  };
}

/** A module of which everything that is asked for is a function, which throws. */
function leftOut(custody: Custody): string {
  return `module.exports = new Proxy({}, { get: () => () => {
    throw new TypeError('this function was bundled without custody in ${custody}');
  } });`;
}
