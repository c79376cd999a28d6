import { join } from 'node:path';
import type { Subject } from '../subject.ts';

/** Where compiled yardsticks go. */
export const buildFolder = join(import.meta.dirname, '..', '..', 'build');

/** What a yardstick's program reads first from its standard input: key and certificate in hex, and the password. */
export function subjectLines({ privateKey, certificate, password }: Subject): string {
  return `${hex(privateKey.bytes())}\n${hex(certificate)}\n${password.text()}\n`;
}

export function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
