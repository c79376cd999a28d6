import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exportJWK, generateKeyPair } from 'jose';
import { openSoftwareProvider } from '#adapters/software/software-provider.ts';
import { sha256Hex } from '#crypto/identifiers.ts';
import { lockToRecipient, parseRecipientKey } from '#crypto/locks.ts';
import { generatePassphrase } from '#crypto/passwords.ts';
import { PfxDerivations } from '#crypto/pfx/derivations.ts';
import { provePfx } from '#crypto/pfx/prove.ts';
import { randomIterations, writePfx } from '#crypto/pfx/write.ts';
import { makeCsr } from '#crypto/pkcs10.ts';
import { makePlaceholderCertificate } from '#crypto/placeholder-certificate.ts';
import { makeRecoveryKey, sealPassphrase } from '#crypto/sealing.ts';
import { privateKeySigner } from '#crypto/signer.ts';
import type { KeySpec } from '#domain/key-spec.ts';
import type { KeyProvider } from '#ports/key-provider.ts';

const context = { organization: 'bench', enrollmentId: 'bench' };
const subject = { commonName: 'Bench Mark', organizationName: 'Bench' };
const label = 'caEncryption_keyPair';
const purpose = 'encryption';

/**
 * The cryptographic steps of one enrollment, by the same functions, one after the other, with nothing stored, sent or
 * recorded: what an enrollment costs at the least.
 */
export async function openCryptographicSteps(keySpec: KeySpec) {
  const folder = await mkdtemp(join(tmpdir(), 'escrow-bench-'));
  const provider = await openSoftwareProvider({ folder, stage: 'evaluation' });
  const { publicKey: recoveryKey } = await makeRecoveryKey();
  const recipientKey = parseRecipientKey(await exportJWK((await generateKeyPair('ECDH-ES')).publicKey));

  const all = async () => {
    const { publicKey, privateKey, wrapped } = await generate(provider, keySpec);
    const signer = privateKeySigner(privateKey, keySpec);
    await makeCsr({ subject, email: 'bench@example.org', purpose, publicKey, signer });
    const request = { subject, label, purpose, publicKey, signer, now: new Date() } as const;
    const placeholder = await makePlaceholderCertificate(request);
    await lockToRecipient({ wrapped, recipientKey, context });
    const password = generatePassphrase();
    const derivations = new PfxDerivations();
    const file = { privateKey, certificates: [placeholder], friendlyName: label, password, derivations };
    const pfx = await writePfx({ ...file, iterations: randomIterations });
    await provePfx({ pfx, password, publicKey, purpose, derivations });
    derivations.erase();
    const reference = { ...context, backupId: 'bench', pfxSha256: sha256Hex(pfx) };
    await sealPassphrase({ ...reference, recoveryKey, passphrase: password });
    await provider.signReceipt(pfx);
  };
  const close = async () => {
    await provider.close();
    await rm(folder, { recursive: true });
  };
  return { all, close };
}

function generate({ exportableKeys }: KeyProvider, keySpec: KeySpec) {
  if (exportableKeys === undefined) throw new Error('the software provider makes exportable keys');
  return exportableKeys.generate(keySpec, { ...context, purpose });
}
