import type { CfnResource } from 'aws-cdk-lib';
import { statementsOf, type WrittenStatement } from './policy-of.ts';

/** What a symmetric key is used by. */
const uses = /^kms:(Decrypt|Encrypt|GenerateDataKey.*|ReEncrypt.*)$/;

const context = 'kms:EncryptionContext:';

/**
 * Grants of custody that do not ask for the whole encryption context: purpose, organization and enrollment, and nothing else.
 * What a service may do for whoever calls it is no custody.
 * @returns the actions that such a statement allows
 */
export function custodyWithoutContext(node: CfnResource): string[] {
  return statementsOf(node)
    .filter(({ effect }) => effect === 'Allow')
    .filter((statement) => !isOfService(statement) && !asksForWholeContext(statement))
    .flatMap(({ actions }) => actions.filter((action) => uses.test(action) || action === 'kms:*'));
}

function isOfService({ conditions }: WrittenStatement): boolean {
  const keys = ['StringEquals', 'ArnLike'].flatMap((operator) => Object.keys(conditions[operator] ?? {}));
  const ofServices = ['kms:ViaService', 'aws:SourceArn', `${context}aws:logs:arn`];
  return keys.some((key) => ofServices.includes(key));
}

function asksForWholeContext({ conditions }: WrittenStatement): boolean {
  const purposes = conditions['StringEquals']?.[`${context}purpose`];
  const isNull = (name: string) => JSON.stringify(conditions['Null']?.[`${context}${name}`]) ?? '';
  const named = ['organization', 'enrollment'].every((name) => /^\[?"false"\]?$/.test(isNull(name)));
  const keys = conditions['ForAllValues:StringEquals']?.['kms:EncryptionContextKeys'];
  return purposes !== undefined && named && Array.isArray(keys) && keys.length === 3;
}
