import { readFile } from 'node:fs/promises';
import type { Plugin } from 'esbuild';

/** `util.fillString = function(c, n) {`, up to the brace at the beginning of a line that ends it. */
const functions = /^util((?:\.\w+)+) = function[\s\S]*?^\};?$/gm;

/** What its ASN.1 is read and written with: its buffer of bytes, and what that is made of. */
const used =
  /^\.(?:ByteStringBuffer\.prototype\.\w+|createBuffer|isArrayBuffer|isArrayBufferView|bytesToHex|encodeUtf8|decodeUtf8)$/;

/**
 * Leaves out of node-forge's `util` what its ASN.1 does not use. The bundler leaves nothing out of a module of the older form, and what
 * stands in one is read twice as it is loaded.
 */
export const leanForge: Plugin = {
  name: 'lean-forge',
  setup(build) {
    build.onLoad({ filter: /[\\/]node-forge[\\/]lib[\\/]util\.js$/ }, async ({ path }) => ({
      contents: withoutUnused(await readFile(path, 'utf8')),
    }));
  },
};

function withoutUnused(module: string): string {
  return module.replaceAll(functions, (all, name: string) => (used.test(name) ? all : ''));
}
