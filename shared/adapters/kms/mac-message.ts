import { createHash } from 'node:crypto';

/** GenerateMac takes 1 to 4,096 bytes (API reference). */
const longest = 4_096;
const label = Buffer.from('enrollment-key-escrow: MAC of the SHA-512 of\0');

/**
 * What AWS KMS is given for a message of any length: the message itself where it fits, else a label and its SHA-512. A
 * message that begins with the label is hashed too, so no message stands for another's hash.
 */
export function macMessage(message: Uint8Array): Uint8Array {
  const fits = message.length >= 1 && message.length <= longest;
  const looksHashed = Buffer.from(message.subarray(0, label.length)).equals(label);
  if (fits && !looksHashed) return message;
  return Buffer.concat([label, createHash('sha512').update(message).digest()]);
}
