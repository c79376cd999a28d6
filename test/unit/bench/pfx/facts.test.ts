import { beforeAll, describe, expect, it } from 'vitest';
import { checkFacts, factsIn, modernFacts } from '../../../../bench/pfx/facts.ts';
import { writeOurs } from '../../../../bench/pfx/ours.ts';
import { makeSubject, type Subject } from '../../../../bench/pfx/subject.ts';

const encryption = 'PBES2, PBKDF2, AES-256-CBC, Iteration 2048, PRF hmacWithSHA256';

describe('factsIn', () => {
  it.each([
    ['certificates first', ['PKCS7 Encrypted data', 'Certificate bag', 'PKCS7 Data', 'Shrouded Keybag']],
    ['the key first', ['PKCS7 Data', 'Shrouded Keybag', 'PKCS7 Encrypted data', 'Certificate bag']],
  ])('reads a file with %s', (_, parts) => {
    const isEncrypted = (part: string) => part === 'PKCS7 Encrypted data' || part === 'Shrouded Keybag';
    const lines = parts.map((part) => (isEncrypted(part) ? `${part}: ${encryption}` : part));
    const printed = `MAC: sha256, Iteration 2048\nMAC length: 32, salt length: 16\n${lines.join('\n')}\n`;
    expect(factsIn(printed)).toEqual(modernFacts(2_048));
  });

  it('tells certificates in clear from encrypted ones', () => {
    const printed = `MAC: sha1, Iteration 2048\nPKCS7 Data\nCertificate bag\nPKCS7 Data\nShrouded Keybag: ${encryption}\n`;
    expect(factsIn(printed)).toEqual({
      mac: 'sha1, Iteration 2048',
      key: encryption,
      certificates: 'in clear',
    });
  });

  it('says none of what a file has not', () => {
    expect(factsIn('')).toEqual({ mac: 'none', key: 'none', certificates: 'none' });
  });
});

describe('checkFacts', () => {
  let subject: Subject;
  let pfx: Uint8Array;

  beforeAll(async () => {
    subject = await makeSubject('encryption', 'human');
    pfx = await writeOurs(subject, 3);
  });

  it('lets a file pass that says what it should', async () => {
    const check = checkFacts('ours', { pfx, password: subject.password, expected: modernFacts(3) });
    await expect(check).resolves.toBeUndefined();
  });

  it('refuses one of another count', async () => {
    const check = checkFacts('theirs', { pfx, password: subject.password, expected: modernFacts(4) });
    await expect(check).rejects.toThrow(/theirs wrote .*Iteration 3.*should have written .*Iteration 4/s);
  });

  it('refuses one that does not open', async () => {
    const { password } = await makeSubject('encryption', 'random');
    await expect(checkFacts('theirs', { pfx, password, expected: modernFacts(3) })).rejects.toThrow(
      'openssl',
    );
  });
});
