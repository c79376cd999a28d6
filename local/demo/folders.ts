import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import type { Enrollment } from '#domain/enrollment.ts';
import { SetUpError } from '#domain/errors.ts';
import { exportFileName } from '#domain/file-name.ts';
import { clearUnfinishedFiles, makeFolder, writeFileAtomically } from '#runtime/atomic-file.ts';

/** What may stand beside each other for one enrollment, by the ending of its file name. */
export type FileKind =
  | 'csr.pem'
  | 'pfx'
  | 'receipt.jws'
  | 'password.txt'
  | 'escrowed.pfx'
  | 'escrowed.sealed.jwe'
  | 'escrowed.receipt.jws';

/** Where the ledger stands in the output folder. */
export const ledgerFolder = 'ledger';

const privateKinds: readonly FileKind[] = ['password.txt', 'pfx'];

/** The output folder: one folder a subscriber, named files in it, and what concerns all at the top. */
export class OutputFolder {
  readonly root: string;

  constructor(root: string) {
    this.root = root;
  }

  /** Path from the root, as the summary gives it. */
  relativePath({ subscriber, purpose }: Enrollment, kind: FileKind): string {
    return join(subscriber.id, exportFileName(subscriber.familyName, purpose, kind));
  }

  has(enrollment: Enrollment, kind: FileKind): boolean {
    return existsSync(join(this.root, this.relativePath(enrollment, kind)));
  }

  async read(enrollment: Enrollment, kind: FileKind): Promise<Uint8Array> {
    return await readFile(join(this.root, this.relativePath(enrollment, kind)));
  }

  /** Writes one file of an enrollment, whole or not at all; what only its owner may read gets mode 0600. */
  async write(enrollment: Enrollment, kind: FileKind, content: Uint8Array | string): Promise<void> {
    const mode = privateKinds.includes(kind) ? 0o600 : 0o644;
    await writeFileAtomically(join(this.root, this.relativePath(enrollment, kind)), content, {
      mode,
      overwrite: true,
    });
  }

  /** Clears what an earlier run that was killed left half written. Not while another run writes here. */
  async clear(enrollments: readonly Enrollment[]): Promise<void> {
    await clearUnfinishedFiles(this.root);
    for (const { subscriber } of enrollments) await clearUnfinishedFiles(join(this.root, subscriber.id));
  }

  /** A file at the top. */
  topPath(name: string): string {
    return join(this.root, name);
  }

  async writeTop(name: string, value: unknown, mode = 0o644): Promise<void> {
    await writeFileAtomically(this.topPath(name), `${JSON.stringify(value, null, 2)}\n`, {
      mode,
      overwrite: true,
    });
  }

  /** How a person would name a file of the folder. */
  shown(path: string, environment?: Environment): string {
    return shownPath(resolve(this.root, path), environment);
  }

  /** @throws SetUpError `usage` if it cannot be made */
  async make(): Promise<void> {
    try {
      await makeFolder(this.root);
    } catch (cause) {
      throw new SetUpError('usage', {
        field: '--out',
        why: `${this.root} cannot be made a folder`,
        next: 'Name a folder that you may write.',
        cause,
      });
    }
  }
}

type Environment = Readonly<Record<string, string | undefined>>;

/** How a person would name a file or folder, from where that person stands. */
export function shownPath(path: string, environment: Environment = process.env): string {
  const { npm_lifecycle_event: script, INIT_CWD: stands } = environment;
  const whole = resolve(path);
  // npm runs the demo in the clone's root, wherever in the clone the person is.
  const near = relative(script === 'demo' && stands !== undefined ? stands : process.cwd(), whole);
  return near.startsWith('..') ? whole : near;
}
