import type { StatefulAuthorizationCall } from '@cedar-policy/cedar-wasm/web';
import { keySpecs } from '#domain/key-spec.ts';
import type { PolicyAction, PolicyContext, PolicyQuestion, PolicyResource } from '#domain/policy.ts';
import type { Mentions } from './mentions.ts';

type Request = Omit<StatefulAuthorizationCall, 'preparsedPolicySetId'>;
type Attributes = Request['entities'][number]['attrs'];

const enrollment = { type: 'Escrow::Enrollment', id: 'this' } as const;

/**
 * A question as Cedar is asked it. What crosses into WebAssembly is what takes the time: so only those attributes go that the policy
 * names.
 */
export function cedarRequest(
  question: PolicyQuestion,
  { attributes }: Pick<Mentions, 'attributes'>,
): Request {
  const { resource } = question;
  const action = actionOf(question);
  const principal = person(question.principal.subject);
  const isNamed = ([name]: readonly [string, unknown]) => attributes.has(name);
  const known = Object.entries(attributesOf(resource)).filter(isNamed);
  const entities = [
    {
      uid: principal,
      attrs: attributes.has('subject') ? { subject: principal.id } : {},
      parents: parentsOf(question.principal),
    },
    { uid: enrollment, attrs: Object.fromEntries(known), parents: [] },
    ...anotherSubscriber(question),
  ];
  return {
    principal,
    action: { type: 'Escrow::Action', id: action },
    resource: enrollment,
    context: contextOf(action, resource, question.context ?? {}),
    entities,
  };
}

/** An export in the profile `compatible` is a question of its own. */
export function actionOf({ action, resource }: PolicyQuestion): PolicyAction {
  return action === 'Export' && resource.profile === 'compatible' ? 'ExportCompatible' : action;
}

const person = (id: string) => ({ type: 'Escrow::Person', id });

function parentsOf({
  roles,
  groups = [],
}: PolicyQuestion['principal']): Request['entities'][number]['parents'] {
  return [
    ...roles.map((id) => ({ type: 'Escrow::Role', id })),
    ...groups.map((id) => ({ type: 'Escrow::Group', id })),
  ];
}

/** Another person's roles and groups are not known here. */
function anotherSubscriber({ principal, resource: { subscriberId } }: PolicyQuestion): Request['entities'] {
  if (subscriberId === undefined || subscriberId === principal.subject) return [];
  return [{ uid: person(subscriberId), attrs: { subject: subscriberId }, parents: [] }];
}

function attributesOf(resource: PolicyResource): Attributes {
  const { purpose, assurance, custody, keySpec, exportable, lock, escrow, subscriberId } = resource;
  const facts = keySpecs[keySpec];
  return {
    ...{ purpose, assurance, custody, keySpec },
    keyType: facts.kind === 'rsa' ? 'RSA' : 'EC',
    keyBits: facts.kind === 'rsa' ? facts.modulusBits : Number(facts.curve.slice('P-'.length)),
    stage: resource.stage ?? (exportable === undefined ? 'requested' : 'made'),
    ...(exportable !== undefined && { exportable }),
    ...(lock !== undefined && { lock }),
    ...(escrow !== undefined && { escrow }),
    ...(subscriberId !== undefined && { subscriber: { __entity: person(subscriberId) } }),
  };
}

/** What the schema gives each action to know; of what the question leaves out, the strictest. */
function contextOf(
  action: PolicyAction,
  { profile = 'modern' }: PolicyResource,
  { length = 0, thirdParty = true, agents = 0 }: PolicyContext,
): Request['context'] {
  if (action === 'SetPassword') return { length };
  if (action === 'Export') return { profile };
  if (action === 'ReleaseRecovered') return { thirdParty, agents };
  return action === 'RequestRecovery' || action === 'ApproveRecovery' ? { thirdParty } : {};
}
