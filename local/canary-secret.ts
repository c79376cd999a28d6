import { randomBytes } from 'node:crypto';
import { EscrowError } from '#domain/errors.ts';
import { Secret } from '#domain/secret.ts';
import type { CanarySecret } from '#ports/canary-secret.ts';
import { writeFileAtomically } from '#runtime/atomic-file.ts';
import { readOwnerOnly } from './identity/owner-only-file.ts';

const randomLength = 32;

/**
 * Keeps the canaries' secret in a file that only its owner may read, made when it is first asked for.
 * @param path as in `canary-secret` in the data folder
 */
export function canarySecretFile(path: string): CanarySecret {
  return {
    async read() {
      const kept = await readOwnerOnly(path);
      if (kept !== undefined) return Secret.fromText(kept.trim());
      const made = randomBytes(randomLength).toString('hex');
      try {
        await writeFileAtomically(path, `${made}\n`, { mode: 0o600 });
        return Secret.fromText(made);
      } catch (error) {
        if (!(error instanceof EscrowError) || error.code !== 'refuses-to-overwrite') throw error;
        return await this.read();
      }
    },
  };
}
