import type { KeyObject } from 'node:crypto';
import { EscrowError, ProviderError } from '#domain/errors.ts';
import type { Secret } from '#domain/secret.ts';
import type { ExportableKeys, KeyProvider } from '#ports/key-provider.ts';
import { Turns } from '../files/turns.ts';
import { receiptJwk } from '../receipt-jwk.ts';
import { readCapabilities, type TokenCapabilities } from './capabilities.ts';
import { mechanisms } from './constants.ts';
import type { Cryptoki, Handle } from './cryptoki.ts';
import { providerError } from './errors.ts';
import { tokenExportableKeys } from './exportable-keys.ts';
import { type Binding, loadBinding, openModule } from './module.ts';
import { sign } from './operations.ts';
import { readPublicKey } from './public-key.ts';
import { TokenResidentKeys } from './resident-keys.ts';
import { SessionPool } from './session-pool.ts';
import { type SignatureStrategy, signatureStrategy } from './signatures.ts';
import { findSlot, login, openSession, type TokenName } from './token.ts';
import { ensureTokenKey, publicHalfOf, tokenKeyKinds } from './token-keys.ts';

export interface TokenProviderSettings {
  /** Path of the token's PKCS#11 library. */
  module: string;
  token: TokenName;
  /** The user PIN. It is read once and not kept; the caller erases it. */
  pin: Secret;
  /** Variables that the library reads when it is initialized, such as SOFTHSM2_CONF; set in this process. */
  environment?: Readonly<Record<string, string>>;
  /** Sessions at most; 8 if not given. */
  sessions?: number;
  /** Callers that wait for a session at most; 1,024 if not given. */
  maxWaiting?: number;
  /** How long a caller waits for a session, in milliseconds; 120,000 if not given. */
  waitMilliseconds?: number;
  /** How the binding is loaded; by import of graphene-pk11 if not given. */
  binding?: () => Promise<Binding>;
}

/** A key provider over a token, which can also say what the token lacks. */
export interface TokenProvider extends KeyProvider {
  /** What the token cannot do, a sentence each; empty if nothing is missing. */
  describe(): readonly string[];
}

/**
 * Custody in a PKCS#11 token. The provider's own keys are found in it by label, or made once. Which capabilities there
 * are is read from the token's mechanisms, and export is tried once: what the token cannot do is absent, and `describe`
 * says why.
 * @throws ProviderError `provider-misconfigured` if the binding, the library or the token is not there, or the PIN is
 *   wrong; `provider-incapable` if the token cannot compute HMAC-SHA256 or sign receipts; `provider-unavailable`
 */
export async function openTokenProvider(settings: TokenProviderSettings): Promise<TokenProvider> {
  const module = await openModule(
    settings.module,
    settings.environment ?? {},
    settings.binding ?? loadBinding,
  );
  try {
    return await openings.take(settings.module, () => openToken(settings, module.cryptoki, module.release));
  } catch (error) {
    module.release();
    throw providerError(error);
  }
}

// Those who open a fresh token in one process do so one after another: the first makes its keys, the others find them.
const openings = new Turns();

async function openToken(
  settings: TokenProviderSettings,
  cryptoki: Cryptoki,
  release: () => void,
): Promise<TokenProvider> {
  const slot = findSlot(cryptoki, settings.token);
  // The login lasts as long as a session is open. This one is never worked on, so it outlives those that fail.
  const anchor = openSession(cryptoki, slot);
  const pools = openPools(settings, cryptoki, slot);
  const closeSessions = async () => {
    await Promise.all([pools.pool.close(), pools.writers.close()]);
    cryptoki.C_CloseSession(anchor);
  };
  try {
    login(cryptoki, slot, anchor, settings.pin);
    const close = once(async () => {
      await closeSessions();
      release();
    });
    return await assemble(cryptoki, pools, readCapabilities(cryptoki, slot), close);
  } catch (error) {
    await closeSessions();
    throw error;
  }
}

interface SessionPools {
  /** Sessions for what leaves the token's objects as they are. */
  pool: SessionPool;
  /** Sessions for what makes and destroys objects that stay in the token. */
  writers: SessionPool;
}

function openPools(settings: TokenProviderSettings, cryptoki: Cryptoki, slot: Handle): SessionPools {
  const poolOf = (size: number) =>
    new SessionPool({
      open: () => openSession(cryptoki, slot),
      close: (session) => cryptoki.C_CloseSession(session),
      size,
      maxWaiting: settings.maxWaiting ?? 1_024,
      waitMilliseconds: settings.waitMilliseconds ?? 120_000,
    });
  const size = settings.sessions ?? 8;
  // SoftHSM writes a file for each object; of many written at the same time, one in some hundred fails
  // (CKR_GENERAL_ERROR). So there they are written one after another.
  const writesOneByOne = cryptoki.C_GetTokenInfo(slot).model.startsWith('SoftHSM');
  return { pool: poolOf(size), writers: poolOf(writesOneByOne ? 1 : size) };
}

async function assemble(
  cryptoki: Cryptoki,
  pools: SessionPools,
  capabilities: TokenCapabilities,
  close: () => Promise<void>,
): Promise<TokenProvider> {
  const { pool } = pools;
  const receiptStrategy = requireOwnMechanisms(capabilities);
  const own = await openOwnKeys(cryptoki, pool);
  const exportable = await openExportableKeys(cryptoki, pool, capabilities);
  const publicJwk = receiptJwk(own.receiptPublicKey);
  const signWith = (mechanism: number, key: Handle, data: Uint8Array) =>
    pool.use((session) => sign({ cryptoki, session }, mechanism, key, data));

  return {
    custody: 'pkcs11',
    ...(capabilities.specs.length > 0
      ? { residentKeys: new TokenResidentKeys({ cryptoki, ...pools, capabilities }) }
      : {}),
    ...(exportable.keys === undefined ? {} : { exportableKeys: exportable.keys }),
    receiptKey: async () => ({ ...publicJwk }),
    signReceipt: async (message) =>
      signWith(receiptStrategy.mechanism, own.receiptKey, receiptStrategy.input(message)),
    mac: (message) => signWith(mechanisms.CKM_SHA256_HMAC, own.macKey, message),
    describe: () => [...capabilities.missing, ...exportable.missing],
    close,
  };
}

interface OwnKeys {
  macKey: Handle;
  receiptKey: Handle;
  receiptPublicKey: KeyObject;
}

function openOwnKeys(cryptoki: Cryptoki, pool: SessionPool): Promise<OwnKeys> {
  return pool.use(async (session) => {
    const token = { cryptoki, session };
    const macKey = await ensureTokenKey(token, tokenKeyKinds.mac);
    const receiptKey = await ensureTokenKey(token, tokenKeyKinds.receipt);
    const receiptPublicKey = readPublicKey(token, publicHalfOf(token, receiptKey), 'ECC_NIST_P256');
    return { macKey, receiptKey, receiptPublicKey };
  });
}

/** The mechanisms without which nothing works. */
function requireOwnMechanisms({ available, specs }: TokenCapabilities): SignatureStrategy {
  const strategy = signatureStrategy('ECDSA_SHA256', available);
  const { CKM_SHA256_HMAC, CKM_GENERIC_SECRET_KEY_GEN } = mechanisms;
  if (!available.has(CKM_SHA256_HMAC) || !available.has(CKM_GENERIC_SECRET_KEY_GEN)) {
    throw new ProviderError('provider-incapable', { why: 'the token does not compute HMAC-SHA256' });
  }
  if (strategy === undefined || !specs.includes('ECC_NIST_P256')) {
    throw new ProviderError('provider-incapable', { why: 'the token does not make and use P-256 keys' });
  }
  return strategy;
}

/** The export capability, once it was tried on a key that is thrown away; or why there is none. */
async function openExportableKeys(
  cryptoki: Cryptoki,
  pool: SessionPool,
  { wrapMechanism, specs }: TokenCapabilities,
): Promise<{ keys?: ExportableKeys; missing: string[] }> {
  if (wrapMechanism === undefined) return { missing: [] };
  try {
    const [custodyKey, bindingKey] = await pool.use(async (session) => {
      const token = { cryptoki, session };
      return [
        await ensureTokenKey(token, tokenKeyKinds.custody),
        await ensureTokenKey(token, tokenKeyKinds.binding),
      ] as const;
    });
    const keys = tokenExportableKeys({ cryptoki, pool, specs, wrapMechanism, custodyKey, bindingKey });
    await tryExport(keys);
    return { keys, missing: [] };
  } catch (error) {
    const inability = ['provider-incapable', 'key-not-exportable', 'wrapped-key-invalid'];
    if (!(error instanceof EscrowError) || !inability.includes(error.code)) throw error;
    return { missing: [`exportable keys: tried, and failed: ${reasonOf(error)}`] };
  }
}

async function tryExport(keys: ExportableKeys): Promise<void> {
  const context = { organization: '', enrollmentId: 'probe', purpose: 'encryption' } as const;
  const made = await keys.generate('ECC_NIST_P256', context);
  made.privateKey.erase();
  const again = await keys.unwrap(made.wrapped, context);
  again.erase();
}

function reasonOf(error: EscrowError): string {
  const { cause } = error.details;
  return cause instanceof Error ? `${error.message} (${cause.message})` : error.message;
}

function once(work: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | undefined;
  return () => {
    done ??= work();
    return done;
  };
}
