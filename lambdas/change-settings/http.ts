import { organizationViewOf } from '#contract/api/organization.ts';
import type { Call, ReplyOf } from '#contract/api/route.ts';
import type { RouteNamed } from '#contract/routes.ts';
import { InputError } from '#domain/errors.ts';
import type { Dependencies } from '#steps/dependencies.ts';
import { actOf, recordedIfRefused } from '#steps/record.ts';
import { changeSettings } from './change-settings.ts';

type R = RouteNamed<'changeSettings'>;

/** Answers `changeSettings`; throws InputError `invalid-input` for `If-Match`, and what the use case throws. */
export async function answerChangeSettings(
  dependencies: Pick<Dependencies, 'registry' | 'ledger'>,
  { principal, body: settings, headers, requestId }: Call<R>,
): Promise<ReplyOf<R>> {
  const act = actOf('change-settings', principal, { requestId });
  const tag = headers['if-match'];
  const expectedVersion = await recordedIfRefused(dependencies, act, async () => versionOf(tag));
  const change = { settings, expectedVersion, requestId };
  const organization = await changeSettings(dependencies, principal, change);
  return { json: organizationViewOf(organization), headers: { ETag: `"${organization.version}"` } };
}

/** The version that an entity tag of ours names (RFC 9110 section 8.8.3). */
function versionOf(tag: string | undefined): number {
  const [, version] = /^"(\d{1,15})"$/.exec(tag ?? '') ?? [];
  if (version !== undefined) return Number(version);
  throw new InputError('invalid-input', {
    field: 'If-Match',
    why: tag === undefined ? 'is missing' : 'is not an ETag of this record',
    next: 'Read the organization, and send its ETag.',
  });
}
