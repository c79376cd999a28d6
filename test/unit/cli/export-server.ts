import { createHash } from 'node:crypto';
import { attachmentNamed } from '#contract/api/content-disposition.ts';
import { writePfx } from '#crypto/pfx/write.ts';
import type { PfxProfile } from '#domain/pfx-profile.ts';
import { Secret } from '#domain/secret.ts';
import { subjectOf } from '../crypto/pfx/subject.ts';
import { type ScriptedAnswer, scriptedServer } from './scripted-server.ts';
import { type Ran, type Shell, shell } from './shell.ts';
import { type ReceiptService, receiptService } from './signed-receipt.ts';

/** What the password of every file is that this server gives, and that it calls generated. */
export const filePassword = 'Reiher am Weiher 9';

/** What a server that is wrong, or somebody between, could make of an export. */
export interface Wrong {
  lock?: string;
  /** The file that comes, and the name that it is given. */
  file?: Uint8Array;
  disposition?: string;
  link?: string;
  receipt?: () => Promise<string>;
  jwks?: unknown;
  /** What the receipt says, and the answer in JSON. */
  profile?: PfxProfile;
  warning?: string;
}

/** A server that exports one file, and the receipts that it signs. */
export interface ExportServer {
  pfx: Uint8Array;
  service: ReceiptService;
  /** Runs `escrow export` in a folder with the files `token`, `key` and `file`, each with what its name says. */
  exported(wrong: Wrong, options: string, ...more: More): Promise<Exported>;
}

export type Exported = Ran & { own: Shell; bodies: string[] };

const enrollmentView = (lock: string) => ({
  ...{ id: 'enr_1', state: 'ready', requestedAt: '2026-01-31T08:00:00Z', purpose: 'encryption', label: 'l' },
  subscriber: { id: 'eva', givenName: 'Eva', familyName: 'Lund', email: 'eva@example.org' },
  ...{ keySpec: 'ECC_NIST_P256', assurance: 'medium', custody: 'software', exportable: true },
  ...{ escrow: 'required', lock, policy: { version: 'v', rules: [] } },
  ...{ wrongPasswords: { inARow: 0, inLife: 0 }, backups: 1, exports: 0 },
});

export async function exportServer(): Promise<ExportServer> {
  const { privateKey, certificate } = await subjectOf();
  const password = Secret.fromText(filePassword);
  const file = { privateKey, certificates: [certificate], friendlyName: 'n', password };
  const server = { pfx: await writePfx({ ...file, iterations: 2 }), service: await receiptService() };
  return { ...server, exported: (...asked) => exported(server, ...asked) };
}

/** The file of the key's password, and what is typed. */
type More = [keyFile?: string, input?: string];

type Parts = Pick<ExportServer, 'pfx' | 'service'>;

async function exported(
  parts: Parts,
  wrong: Wrong,
  options: string,
  ...[keyFile = 'key', input]: More
): Promise<Exported> {
  const { url, seen } = await scriptedServer(exporting(parts, wrong));
  const own = shell({ ESCROW_CREDENTIALS: '/nonexistent/sign-ins.json', ESCROW_SERVER: url });
  const files = { token: 't', key: 'Kauz im Moor 42', file: filePassword };
  for (const [name, content] of Object.entries(files)) own.write(name, content);
  const ran = await own.run(
    `escrow export enr_1 --token-file token --password-file ${keyFile}${options}`,
    input,
  );
  return { ...ran, own, bodies: seen.map(({ body }) => body).filter((body) => body !== '') };
}

/** A server that answers as the service does, but for what is wrong. */
function exporting({ pfx, service }: Parts, wrong: Wrong): ScriptedAnswer {
  const {
    lock = 'password',
    disposition = attachmentNamed('lund_Enroll_EN.pfx'),
    link = '</v1/enrollments/enr_1/receipts/rcp_1>; rel="describedby"; type="application/jose"',
    profile = 'modern',
    warning,
  } = wrong;
  const asJson = (value: unknown): [string, string] => ['application/json', JSON.stringify(value)];
  const answered = async (
    url: string,
    isGet: boolean,
    inJson: boolean,
  ): Promise<[string, string | Uint8Array]> => {
    if (url.endsWith('jwks.json')) return asJson(wrong.jwks ?? service.jwks);
    if (url.includes('/receipts/')) {
      const genuine = () => service.receiptOf({ pfxSha256: sha256(pfx), profile });
      return ['application/jose', await (wrong.receipt ?? genuine)()];
    }
    if (isGet) return asJson(enrollmentView(lock));
    if (!inJson) return ['application/pkcs12', wrong.file ?? pfx];
    const told = { exportId: 'exp_1', fileName: 'lund_Enroll_EN.pfx', receiptId: 'rcp_1', profile, warning };
    return asJson({ ...told, pfx: Buffer.from(pfx).toString('base64'), generatedPassword: filePassword });
  };
  return async (response, { headers: { accept } }, { url, method }) => {
    const [media, body] = await answered(url, method === 'GET', accept === 'application/json');
    const headers = { 'content-type': media, 'content-disposition': disposition, link, 'export-id': 'exp_1' };
    response.writeHead(200, headers).end(body);
  };
}

export const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
