import type { Input } from '../aws-json/input.ts';
import type { Account } from './account.ts';

/** What an operation may tell the log: the key that it was about, and what a policy could be conditioned on. */
export interface Note {
  /** ARNs of keys and aliases. */
  resources: string[];
  /** By the names of IAM condition keys; never a key, a message or a ciphertext. */
  conditions: Record<string, string | readonly string[]>;
}

export type Operation = (account: Account, input: Input, note: Note) => object | Promise<object>;
export type Operations = Readonly<Record<string, Operation>>;
