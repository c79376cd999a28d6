import type { Secret } from '#domain/secret.ts';
import { inFolder } from './yardsticks/folder.ts';
import { runProgram } from './yardsticks/program.ts';

/** How a PFX protects its parts, in the words of `openssl pkcs12 -info`; counts included. */
export interface PfxFacts {
  mac: string;
  key: string;
  certificates: string;
}

export const inClear = 'in clear';

/** What a file of the profile `modern` says of itself. */
export function modernFacts(iterations: number): PfxFacts {
  const encryption = pbes2('AES-256-CBC', iterations);
  return { mac: `sha256, Iteration ${iterations}`, key: encryption, certificates: encryption };
}

/** PBES2 with PBKDF2-HMAC-SHA256. */
export function pbes2(cipher: string, iterations: number): string {
  return `PBES2, PBKDF2, ${cipher}, Iteration ${iterations}, PRF hmacWithSHA256`;
}

/** Takes the facts out of what `openssl pkcs12 -info` printed of a file with one key and one certificate. */
export function factsIn(printed: string): PfxFacts {
  const after = (label: string) => new RegExp(`^${label}: (.*)$`, 'm').exec(printed)?.[1]?.trim() ?? 'none';
  const areClear = /^PKCS7 Data\s+Certificate bag$/m.test(printed);
  return {
    mac: after('MAC'),
    key: after('Shrouded Keybag'),
    certificates: areClear ? inClear : after('PKCS7 Encrypted data'),
  };
}

/**
 * Looks, by the openssl program, at what a file says of itself: a comparison with a file of fewer iterations, or of weaker
 * algorithms, than is claimed would say nothing.
 * @throws Error if the file does not open, or says something else
 */
export async function checkFacts(
  who: string,
  { pfx, password, expected }: { pfx: Uint8Array; password: Secret; expected: PfxFacts },
): Promise<void> {
  const found = await inFolder(async (folder) => {
    const file = await folder.put('checked.p12', pfx);
    const args = ['pkcs12', '-info', '-noout', '-in', file, '-passin', 'stdin'];
    const { messages } = runProgram('openssl', args, { input: `${password.text()}\n` });
    return factsIn(messages);
  });
  const [is, shouldBe] = [JSON.stringify(found), JSON.stringify(expected)];
  if (is !== shouldBe) throw new Error(`${who} wrote ${is}\nand should have written ${shouldBe}`);
}
