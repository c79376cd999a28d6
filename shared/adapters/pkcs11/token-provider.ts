import type { Secret } from '#domain/secret.ts';
import type { KeyProvider } from '#ports/key-provider.ts';
import { Turns } from '../files/turns.ts';
import { readCapabilities, type TokenCapabilities } from './capabilities.ts';
import type { Cryptoki, Handle } from './cryptoki.ts';
import { providerError } from './errors.ts';
import { tokenImportableKeys } from './importable-keys.ts';
import { type Binding, loadBinding, openModule } from './module.ts';
import { NamedKeys } from './named-keys.ts';
import type { TokenSession } from './operations.ts';
import { checkReceiptKey, openOwnKeys } from './own-keys.ts';
import { TokenResidentKeys } from './resident-keys.ts';
import { SessionPool } from './session-pool.ts';
import { findSlot, isLoggedIn, login, openSession, type TokenName } from './token.ts';
import { TokenSigner } from './token-signer.ts';
import { findExportableKeys, findImportMeans, lackOfEncryptionKeys } from './tried-capabilities.ts';

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
  /** The `kid` of the token's receipt key, where it was opened before: a token with another is left as it is. */
  receiptKeyId?: string;
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
 * are is read from the token's mechanisms, and what is quick is tried on keys that are thrown away: what the token cannot
 * do is absent, and `describe` says why.
 * @throws ProviderError `provider-misconfigured` if the binding, the library or the token is not there, or the PIN is
 *   wrong; `provider-incapable` if the token cannot compute HMAC-SHA256 or sign receipts; `provider-unavailable`, also for a
 *   token with another receipt key than the one named
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
    if (settings.receiptKeyId !== undefined)
      checkReceiptKey({ cryptoki, session: anchor }, settings.receiptKeyId);
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
      isLoggedIn: (session) => isLoggedIn(cryptoki, session),
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
  const use = <T>(work: (token: TokenSession) => Promise<T>) =>
    pools.pool.use((session) => work({ cryptoki, session }));
  const { specs } = capabilities;
  const signer = new TokenSigner(capabilities.mechanisms);
  const own = await use((token) => openOwnKeys(token, capabilities, signer));
  const exportable = await findExportableKeys({ cryptoki, pool: pools.pool, capabilities });
  const importing = await use((token) => findImportMeans(token, capabilities, signer));
  const lack = await use((token) => lackOfEncryptionKeys(token, signer));
  const names = new NamedKeys({ cryptoki, ...pools });

  return {
    custody: 'pkcs11',
    residentKeys: new TokenResidentKeys({ names, specs, signer }),
    ...(exportable.found && { exportableKeys: exportable.found }),
    ...(importing.found && { importableKeys: tokenImportableKeys({ names, specs, ...importing.found }) }),
    receiptKey: async () => ({ ...own.receiptJwk }),
    signReceipt: (message) => use((token) => own.signReceipt(token, message)),
    mac: (message) => use((token) => own.mac(token, message)),
    describe: () => [...capabilities.missing, ...lack, ...exportable.missing, ...importing.missing],
    close,
  };
}

function once(work: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | undefined;
  return () => {
    done ??= work();
    return done;
  };
}
