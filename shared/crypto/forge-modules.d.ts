/** Forge's ASN.1 module on its own: a tenth of the whole library's load time. Its types come from the whole. */
declare module 'node-forge/lib/asn1.js' {
  import type forge from 'node-forge';

  interface FromDerOptions {
    strict: boolean;
    parseAllBytes: boolean;
    decodeBitStrings: boolean;
  }
  const asn1: Omit<typeof forge.asn1, 'fromDer'> & {
    fromDer(bytes: string, options: FromDerOptions): forge.asn1.Asn1;
  };
  export default asn1;
}

/** RC2 on its own. */
declare module 'node-forge/lib/rc2.js' {
  import type forge from 'node-forge';

  const rc2: typeof forge.rc2;
  export default rc2;
}

/** The byte buffers that the cipher reads and writes. */
declare module 'node-forge/lib/util.js' {
  import type forge from 'node-forge';

  const util: typeof forge.util;
  export default util;
}
