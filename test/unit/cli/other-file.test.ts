import { execFileSync } from 'node:child_process';
import { createPrivateKey, createPublicKey } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { writePfx } from '#crypto/pfx/write.ts';
import { pfxVectors, vectorBytes } from '#test/vectors/pfx/vector.ts';
import { otherFile } from '../../../cli/pfx/other-file.ts';
import { makeChain } from '../crypto/pfx/chain-of-three.ts';
import { password, subjectOf, type TestSubject } from '../crypto/pfx/subject.ts';
import { dialogue } from './dialogue.ts';
import { shell } from './shell.ts';

const own = shell();
let subject: TestSubject;
let files: Readonly<Record<string, string | Uint8Array>>;

const pem = (label: string, bytes: Uint8Array) =>
  `-----BEGIN ${label}-----\n${Buffer.from(bytes).toString('base64')}\n-----END ${label}-----\n`;
const lines = (text: string) => text.replaceAll(/.{64}/g, '$&\n');

beforeAll(async () => {
  subject = await subjectOf();
  const { certificate, privateKey: secret } = subject;
  const { leaf } = makeChain();
  const pfx = await writePfx({
    ...{ privateKey: secret, certificates: [certificate], friendlyName: 'n', password, iterations: 1 },
  });
  const pkcs8 = secret.bytes();
  const key = createPrivateKey({ key: Buffer.from(pkcs8), format: 'der', type: 'pkcs8' });
  const locking = { cipher: 'aes-256-cbc', passphrase: 'p' };
  own.write('key.pem', key.export({ type: 'pkcs8', format: 'pem' }));
  own.write('crt.pem', pem('CERTIFICATE', certificate));
  const openssl = (...words: string[]) => execFileSync('openssl', words, { cwd: own.path('.') });
  const base64 = Buffer.from(pfx).toString('base64');
  files = {
    empty: '',
    'certificate.pem': pem('CERTIFICATE', certificate),
    'bag-attributes.pem': `Bag Attributes\n    localKeyID: 01\nsubject=CN = x\n${pem('CERTIFICATE', leaf)}`,
    'both.pem': pem('CERTIFICATE', certificate) + pem('PRIVATE KEY', pkcs8),
    'key.pem': pem('EC PRIVATE KEY', pkcs8),
    'locked.pem': pem('ENCRYPTED PRIVATE KEY', pkcs8),
    'request.pem': pem('CERTIFICATE REQUEST', pkcs8),
    'pkcs7.pem': pem('PKCS7', pkcs8),
    'pfx.pem': pem('PKCS12', pfx),
    'pgp.asc': '-----BEGIN PGP MESSAGE-----\n',
    'pfx.b64': lines(base64),
    'one-line.b64': base64,
    'archive.zip': Buffer.concat([Buffer.from('PK\u0003\u0004'), Buffer.alloc(2_000_000)]),
    'java.jks': Buffer.from('feedfeed00000002', 'hex'),
    'java.jceks': Buffer.from('cececece00000002', 'hex'),
    'certificate.der': leaf,
    'request.der': openssl('req', '-new', '-key', 'key.pem', '-subj', '/CN=x', '-outform', 'DER'),
    'pkcs8.der': pkcs8,
    'sec1.der': key.export({ type: 'sec1', format: 'der' }),
    'locked.der': key.export({ type: 'pkcs8', format: 'der', ...locking }),
    'locked-3des.der': openssl(
      ...['pkcs8', '-topk8', '-in', 'key.pem', '-outform', 'DER', '-v1', 'PBE-SHA1-3DES'],
      ...['-passout', 'pass:p'],
    ),
    'public.der': createPublicKey(key).export({ type: 'spki', format: 'der' }),
    'pkcs7.der': openssl('crl2pkcs7', '-nocrl', '-certfile', 'crt.pem', '-outform', 'DER'),
    'receipt.jws': `eyJhbGciOiJFUzI1NiJ9.eyJhIjoxfQ.${'A'.repeat(86)}\n`,
    'notes.txt': 'Die Schlüssel liegen im Schrank.\n',
  };
});

const kinds = [
  ['empty', 'The file is empty.'],
  ['certificate.pem', 'This is a certificate in PEM, not a PFX.'],
  ['bag-attributes.pem', 'This is a certificate in PEM, not a PFX.'],
  ['both.pem', 'This is a private key and a certificate in PEM, not a PFX.'],
  ['key.pem', 'This is a private key in PEM, not a PFX.'],
  ['locked.pem', 'This is an encrypted private key in PEM, not a PFX.'],
  ['request.pem', 'This is a certificate request in PEM, not a PFX.'],
  ['pkcs7.pem', 'This is a PKCS#7 file in PEM, which holds certificates and no private key, not a PFX.'],
  ['pfx.pem', 'This is a PFX in PEM, not as systems import it.'],
  ['pgp.asc', 'This is a text in PEM, not a PFX.'],
  ['pfx.b64', 'This is a PFX in base64, not as systems import it.'],
  ['one-line.b64', 'This is a PFX in base64, not as systems import it.'],
  ['archive.zip', 'This is a ZIP archive, not a PFX.'],
  ['java.jks', 'This is a Java keystore of the kind JKS, not a PFX.'],
  ['java.jceks', 'This is a Java keystore of the kind JCEKS, not a PFX.'],
  ['certificate.der', 'This is a certificate in DER, not a PFX.'],
  ['request.der', 'This is a certificate request in DER, not a PFX.'],
  ['pkcs8.der', 'This is a private key in DER (PKCS#8), not a PFX.'],
  ['sec1.der', 'This is a private key in DER, not a PFX.'],
  ['locked.der', 'This is an encrypted private key in DER (PKCS#8), not a PFX.'],
  ['locked-3des.der', 'This is an encrypted private key in DER (PKCS#8), not a PFX.'],
  ['public.der', 'This is a public key in DER, not a PFX.'],
  ['pkcs7.der', 'This is a PKCS#7 file, which holds certificates and no private key, not a PFX.'],
  ['receipt.jws', 'This is a signed statement (JWS), as a receipt is, not a PFX.'],
  ['notes.txt', 'This is a text, not a PFX.'],
] as const;

describe('a file that is no PFX', () => {
  it.each(kinds)('is called what it is: %s', (name, why) => {
    const file = otherFile(Buffer.from(files[name] ?? 'missing'));
    expect(file?.why).toBe(why);
    expect(file?.next).toMatch(/^[A-Z].*\S$/);
  });

  it.each(['pfx.b64', 'one-line.b64'])('is decoded as it is told: %s', (name) => {
    own.write('FILE', files[name] ?? '');
    const { next = '' } = otherFile(own.read('FILE')) ?? {};
    const [, ...words] = next.replace('Decode it first: ', '').split(' ');
    execFileSync('openssl', words, { cwd: own.path('.') });
    expect(own.read('NEW.pfx')).toEqual(Buffer.from(String(files['one-line.b64']), 'base64'));
  });

  it('is nothing that is known, where it is cut short or of another kind', () => {
    const { file = '' } = pfxVectors[0] ?? {};
    const pfx = vectorBytes({ file });
    for (const length of [1, 2, 3, 20, pfx.length]) {
      expect(otherFile(pfx.subarray(0, length))?.why ?? '').not.toMatch(/certificate|key|base64|ZIP|Java/);
    }
    expect(otherFile(pfx)).toBeUndefined();
    expect(otherFile(Buffer.alloc(1_000_000))).toBeUndefined();
    expect(otherFile(Buffer.from('30', 'hex'))?.why).toBe('This is a text, not a PFX.');
  });

  it.each(pfxVectors.map((vector) => [vector.file, vector] as const))('is not %s', (_file, vector) => {
    expect(otherFile(vectorBytes(vector))).toBeUndefined();
  });
});

describe('the commands for a PFX', () => {
  it.each(['verify certificate.pem', 'convert certificate.pem --for windows-11'])(
    'ask for no password of what is none: escrow %s',
    async (words) => {
      own.write('certificate.pem', files['certificate.pem'] ?? '');
      const { status, screen } = await dialogue(own, `escrow ${words}`, []);
      expect(status).toBe(1);
      expect(screen).toContain(
        'This is a certificate in PEM, not a PFX. Name the file that has the private key',
      );
      expect(screen).toContain('(pfx-malformed)');
      expect(screen).not.toContain('Password');
      const { stdout, stderr } = await own.run(`escrow ${words}`);
      expect(stdout + stderr).toContain('This is a certificate in PEM, not a PFX.');
    },
  );

  it('says the same of a file that is larger than any PFX', async () => {
    own.write('archive.pfx', files['archive.zip'] ?? '');
    const { status, stdout } = await own.run('escrow verify archive.pfx');
    expect({ status, stdout: stdout.split('\n') }).toEqual({
      status: 1,
      stdout: [
        'It was not opened (pfx-malformed).',
        '  note         This is a ZIP archive, not a PFX. Take the .pfx or .p12 file out of it.',
        '',
      ],
    });
  });
});
