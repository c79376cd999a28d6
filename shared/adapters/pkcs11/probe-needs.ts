import { createPublicKey } from 'node:crypto';
import { makeKeyPair } from '#crypto/key-pair.ts';
import { ProviderError } from '#domain/errors.ts';
import {
  type KeySpec,
  keySpecNames,
  keySpecs,
  type SignatureAlgorithm,
  signaturesOf,
} from '#domain/key-spec.ts';
import { finishPrivateKeyInfo } from '../private-key-info.ts';
import { firstThatWorks, type Way } from './attempt.ts';
import { keyWrapLack, lackOf, specLack, type TokenCapabilities } from './capabilities.ts';
import { challenge } from './challenge.ts';
import type { Handle, Mechanism } from './cryptoki.ts';
import { EphemeralRsaKey } from './ephemeral-rsa-key.ts';
import { type ExportWay, exportWays } from './export-ways.ts';
import { bringIn } from './importable-keys.ts';
import { keyWrapName } from './key-wrap.ts';
import { macKeyFormName, macKeyForms, macKeyMechanisms, proveMac } from './mac-keys.ts';
import { mechanismName, mechanisms } from './mechanisms.ts';
import { type TokenSession, unwrapKey, wrapKey } from './operations.ts';
import { signatureStrategies } from './signatures.ts';
import { custodyKeyTemplate, type MacKeyForm, macKeyTemplate, tersePrivateKeyTemplate } from './templates.ts';
import type { ThrowAwayKeys, ThrowAwayPair } from './throw-away-keys.ts';
import { TokenSigner } from './token-signer.ts';

/** What a need is there for: what the service cannot do without it. */
export type Service =
  | 'resident keys'
  | 'signatures'
  | 'requests'
  | 'own keys'
  | 'exportable keys'
  | 'export'
  | 'imported keys'
  | 'refusal';

/** One thing that the service needs of a token, or makes use of. */
export interface Need {
  need: string;
  serves: Service;
  /** The key pairs that it is about, where it is about some only. */
  spec?: KeySpec;
  /** Why it need not be tried: a mechanism is not in the token's list. */
  lack: string | undefined;
  /** Tries it. @returns the strategy that worked, in words */
  work(): Promise<string>;
}

export interface ProbedToken {
  token: TokenSession;
  slot: Handle;
  capabilities: TokenCapabilities;
  keys: ThrowAwayKeys;
}

/** Everything that is wanted of a token, each with its trial. */
export function needsOf(probed: ProbedToken): Need[] {
  return [
    ...keySpecNames.flatMap((spec) => specNeeds(probed, spec)),
    requestNeed(probed, 'RSA_2048'),
    requestNeed(probed, 'ECC_NIST_P256'),
    hmacNeed(probed),
    restNeed(probed),
    ...exportNeeds(probed),
    importNeed(probed, 'RSA_2048'),
    importNeed(probed, 'ECC_NIST_P256'),
    refusalNeed(probed),
  ];
}

function specNeeds(probed: ProbedToken, spec: KeySpec): Need[] {
  const { token, slot, capabilities, keys } = probed;
  const lack = specLack(token.cryptoki, slot, capabilities.mechanisms, spec);
  const pair = once(() => keys.pair(spec, 'identity', true));
  const { kind, signature } = keySpecs[spec];
  const generation = kind === 'rsa' ? mechanisms.CKM_RSA_PKCS_KEY_PAIR_GEN : mechanisms.CKM_EC_KEY_PAIR_GEN;
  return [
    {
      need: `${spec}: make a key that has never been outside`,
      serves: 'resident keys',
      spec,
      lack,
      work: async () => {
        await pair();
        return `${mechanismName(generation)}; CKA_ALWAYS_SENSITIVE and CKA_NEVER_EXTRACTABLE are true`;
      },
    },
    ...signaturesOf(spec).map(
      (algorithm): Need => ({
        need: `${spec}: sign by ${algorithm}`,
        serves: algorithm === signature ? 'resident keys' : 'signatures',
        spec,
        lack: lack ?? signatureLack(capabilities, algorithm),
        work: async () => signBy(probed, algorithm, await pair()),
      }),
    ),
  ];
}

/** Some tokens refuse a key that may both sign and open messages. */
function requestNeed(probed: ProbedToken, spec: KeySpec): Need {
  const { token, slot, capabilities, keys } = probed;
  const { kind, signature } = keySpecs[spec];
  return {
    need: `an ${kind === 'rsa' ? 'RSA' : 'EC'} encryption key signs its own request`,
    serves: 'requests',
    spec,
    lack: specLack(token.cryptoki, slot, capabilities.mechanisms, spec),
    work: async () => {
      const strategy = await signBy(probed, signature, await keys.pair(spec, 'encryption', true));
      return `CKA_SIGN with ${kind === 'rsa' ? 'CKA_DECRYPT' : 'CKA_DERIVE'}; ${strategy}`;
    },
  };
}

function hmacNeed({ token, capabilities, keys }: ProbedToken): Need {
  const tryForm = async (form: MacKeyForm) => {
    const key = await keys.secret(form.mechanism, (standing) => macKeyTemplate(standing, form));
    await proveMac(token, key);
  };
  return {
    need: 'HMAC-SHA256, for password locks',
    serves: 'own keys',
    lack:
      lackOf(capabilities.mechanisms, macKeyMechanisms) ??
      lackOf(capabilities.mechanisms, [mechanisms.CKM_SHA256_HMAC]),
    work: async () => {
      const words = await oneOf(
        macKeyForms.map((form) => ({ words: macKeyFormName(form), work: () => tryForm(form) })),
      );
      return `CKM_SHA256_HMAC; key by ${words}`;
    },
  };
}

/** A key goes to rest under a throw-away key like the custody key and comes back, and signs as the key that it was. */
function restNeed(probed: ProbedToken): Need {
  const { token, capabilities, keys } = probed;
  const rest = async (keyWrap: Mechanism) => {
    const custodyKey = await keys.secret(mechanisms.CKM_AES_KEY_GEN, custodyKeyTemplate);
    const pair = await keys.pair('ECC_NIST_P256', 'identity', false);
    const wrapped = await wrapKey(token, keyWrap, custodyKey, pair.privateKey);
    const into = tersePrivateKeyTemplate('ECC_NIST_P256', { purpose: 'identity', resident: false });
    const privateKey = keys.keep(await unwrapKey(token, keyWrap, custodyKey, wrapped, into));
    await signBy(probed, 'ECDSA_SHA256', { ...pair, privateKey });
  };
  return {
    need: 'wrap private keys at rest (under a throw-away key)',
    serves: 'exportable keys',
    lack: keyWrapLack(capabilities.mechanisms),
    work: () =>
      oneOf(
        capabilities.keyWraps.map((keyWrap) => ({
          words: keyWrapName(keyWrap),
          work: () => rest(keyWrap),
        })),
      ),
  };
}

function exportNeeds({ token, capabilities, keys }: ProbedToken): Need[] {
  const ways = exportWays(capabilities);
  const ephemeralKey = new EphemeralRsaKey();
  const pair = once(() => keys.pair('ECC_NIST_P256', 'identity', false));
  const take = async (way: ExportWay) => {
    const { privateKey, publicKeyInfo } = await pair();
    const publicKey = createPublicKey({ key: Buffer.from(publicKeyInfo), format: 'der', type: 'spki' });
    finishPrivateKeyInfo(await way.take(token, privateKey, ephemeralKey), publicKey).erase();
  };
  const need = (rung: ExportWay['rung'], words: string, lack: string | undefined): Need => ({
    need: `export, rung ${rung}: ${words}`,
    serves: 'export',
    lack: keyWrapLack(capabilities.mechanisms) ?? lack,
    work: () =>
      oneOf(
        ways.filter((way) => way.rung === rung).map((way) => ({ words: way.words, work: () => take(way) })),
      ),
  });
  return [
    need(
      1,
      'RSA-AES to an ephemeral public key',
      lackOf(capabilities.mechanisms, [mechanisms.CKM_RSA_PKCS_OAEP]),
    ),
    need(2, 'under a transport key that is brought in', undefined),
  ];
}

function importNeed(probed: ProbedToken, spec: KeySpec): Need {
  const { token, slot, capabilities, keys } = probed;
  const signer = new TokenSigner(capabilities.mechanisms);
  const bring = async (keyWrap: Mechanism) => {
    const pair = await makeKeyPair(spec);
    try {
      const use = { purpose: 'identity', resident: true } as const;
      const brought = await bringIn(token, { keyWrap, signer }, { spec, ...pair }, use);
      keys.keep(brought.privateKey);
      keys.keep(brought.publicKey);
    } finally {
      pair.privateKey.erase();
    }
  };
  return {
    need: `import ${spec} as non-extractable`,
    serves: 'imported keys',
    spec,
    lack:
      keyWrapLack(capabilities.mechanisms) ?? specLack(token.cryptoki, slot, capabilities.mechanisms, spec),
    work: () =>
      oneOf(
        capabilities.keyWraps.map((keyWrap) => ({
          words: `a transport key brought into the token, and ${keyWrapName(keyWrap)}`,
          work: () => bring(keyWrap),
        })),
      ),
  };
}

function refusalNeed({ token, slot, capabilities, keys }: ProbedToken): Need {
  return {
    need: 'refuse to give up a resident key',
    serves: 'refusal',
    lack: specLack(token.cryptoki, slot, capabilities.mechanisms, 'ECC_NIST_P256'),
    work: async () => {
      const { privateKey } = await keys.pair('ECC_NIST_P256', 'identity', true);
      const answers = await challenge(token, privateKey, capabilities.mechanisms);
      const allowed = answers.filter(({ refused }) => !refused).map(({ attempt }) => attempt);
      if (allowed.length > 0) {
        throw new ProviderError('provider-incapable', {
          why: `the token lets anyone with the PIN ${allowed.join(', ')}`,
        });
      }
      return answers.map(({ attempt, answer }) => `${attempt}: ${answer}`).join('; ');
    },
  };
}

/** Signs, and has it verified. @returns how */
async function signBy(
  { token, capabilities }: ProbedToken,
  algorithm: SignatureAlgorithm,
  { privateKey, publicKeyInfo }: ThrowAwayPair,
): Promise<string> {
  const signer = new TokenSigner(capabilities.mechanisms);
  const key = { handle: privateKey, publicKey: () => publicKeyInfo };
  const { mechanism, over } = await signer.find(token, algorithm, key);
  return `${mechanismName(mechanism.mechanism)} over the ${over}`;
}

/** @throws ProviderError `provider-incapable` that tells every way that failed */
async function oneOf(ways: readonly Way<unknown>[]): Promise<string> {
  const tried = await firstThatWorks(ways);
  if ('words' in tried) return tried.words;
  throw new ProviderError('provider-incapable', { why: tried.failures.join('; ') });
}

function signatureLack({ mechanisms: available }: TokenCapabilities, algorithm: SignatureAlgorithm) {
  return lackOf(
    available,
    signatureStrategies[algorithm].map(({ mechanism }) => mechanism.mechanism),
  );
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
