import { routes } from '#contract/routes.ts';
import { type CheckpointFile, readAnchors } from '#crypto/ledger/anchors.ts';
import { type FindingName, NoteList } from '#crypto/ledger/findings.ts';
import type { StatementKeys } from '#crypto/signed-statement.ts';
import { ProofError } from '#domain/errors.ts';
import type { Client } from '../server/client.ts';

/**
 * How many entries the newest checkpoint is over that was kept of the organization that is signed in.
 * @param files of checkpoints, perhaps of several organizations
 * @returns undefined where no file was named
 * @throws ProofError `checkpoint-invalid` if a file has one that is none of this service's, or none of this organization; what a call
 *   and reading throw
 */
export async function newestKept(
  client: Pick<Client, 'call'>,
  files: readonly CheckpointFile[],
  keys: StatementKeys,
): Promise<number | undefined> {
  if (files.length === 0) return undefined;
  const unusable = new NoteList<FindingName>();
  const anchors = (await Promise.all(files.map((file) => readAnchors(file, keys, unusable)))).flat();
  const [wrong] = unusable.listed;
  if (wrong !== undefined) {
    const { file, line, why } = wrong;
    throw new ProofError('checkpoint-invalid', {
      field: line === undefined ? file : `${file}, line ${line}`,
      why,
    });
  }
  const organizations = new Set(anchors.map(({ organization }) => organization));
  const own = organizations.size === 1 ? anchors : await ownOf(client, anchors);
  return own.reduce((most, { treeSize }) => Math.max(most, treeSize), 0);
}

/** A witness keeps those of all organizations in one file. */
async function ownOf<A extends { organization: string }>(
  client: Pick<Client, 'call'>,
  anchors: readonly A[],
): Promise<A[]> {
  const { id } = await client.call(routes.showOrganization);
  const own = anchors.filter(({ organization }) => organization === id);
  if (own.length > 0) return own;
  throw new ProofError('checkpoint-invalid', {
    field: '--checkpoint',
    why: 'none of the checkpoints is of your organization',
    next: 'Name one that was kept of it.',
  });
}
