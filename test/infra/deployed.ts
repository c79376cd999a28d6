import { at, isRecord, type Resource, type Stack } from './template.ts';

/** Where the tests deploy to, in their minds. */
export const account = '111122223333';
export const region = 'us-west-2';

const pseudoParameters: Readonly<Record<string, string>> = {
  'AWS::AccountId': account,
  'AWS::NoValue': '',
  'AWS::Partition': 'aws',
  'AWS::Region': region,
  'AWS::URLSuffix': 'amazonaws.com',
};

/**
 * The stacks as they would stand once deployed: what a template leaves to CloudFormation has a made-up value, the same wherever
 * it is referred to, from another stack too.
 */
export class Deployed {
  readonly vault: Stack;
  readonly service: Stack;
  readonly #stacks: readonly Stack[];
  readonly #filledByType = new Map<string, readonly Resource[]>();

  constructor(vault: Stack, service: Stack, others: readonly Stack[] = []) {
    this.vault = vault;
    this.service = service;
    this.#stacks = [vault, service, ...others];
  }

  /** Every resource, with what its template refers to filled in. */
  all(type: string): readonly Resource[] {
    const known = this.#filledByType.get(type);
    if (known !== undefined) return known;
    const all = this.#stacks.flatMap((stack) => stack.ofType(type).map((one) => this.#filled(stack, one)));
    this.#filledByType.set(type, all);
    return all;
  }

  /** The one resource of a type whose logical id begins as given, filled in. */
  only(stack: Stack, type: string, idPrefix = ''): Resource {
    return this.#filled(stack, stack.only(type, idPrefix));
  }

  /** The ARN, as policies name it, of the one resource of a type whose logical id begins as given. */
  arn(stack: Stack, type: string, idPrefix = ''): string {
    const { id } = stack.only(type, idPrefix);
    return String(this.#attribute(stack, id, 'Arn'));
  }

  /** What CloudFormation's `Ref` to it gives. */
  ref(stack: Stack, type: string, idPrefix = ''): string {
    return String(this.#reference(stack, stack.only(type, idPrefix).id));
  }

  /** What an attribute of it is. */
  attribute(stack: Stack, type: string, idPrefix: string, name: string): string {
    return String(this.#attribute(stack, stack.only(type, idPrefix).id, name));
  }

  #filled(stack: Stack, one: Resource): Resource {
    const filled = this.#fill(stack, one.Properties);
    return { ...one, Properties: isRecord(filled) ? filled : {} };
  }

  #fill(stack: Stack, value: unknown): unknown {
    if (Array.isArray(value)) return value.map((item) => this.#fill(stack, item));
    if (!isRecord(value)) return value;
    const entries = Object.entries(value);
    const [name, argument] = entries[0] ?? [];
    if (entries.length === 1 && (name === 'Ref' || name?.startsWith('Fn::'))) {
      return this.#intrinsic(stack, name, argument);
    }
    return Object.fromEntries(entries.map(([key, inner]) => [key, this.#fill(stack, inner)]));
  }

  #intrinsic(stack: Stack, name: string, argument: unknown): unknown {
    if (name === 'Ref') return this.#reference(stack, String(argument));
    if (name === 'Fn::GetAtt')
      return this.#attribute(stack, String(at(argument, 0)), String(at(argument, 1)));
    if (name === 'Fn::ImportValue') return this.#exported(String(argument));
    if (name === 'Fn::Join') {
      const parts = this.#fill(stack, at(argument, 1));
      return Array.isArray(parts) ? parts.map(String).join(String(at(argument, 0))) : '';
    }
    return JSON.stringify({ [name]: this.#fill(stack, argument) });
  }

  #reference(stack: Stack, id: string): string {
    const known = pseudoParameters[id];
    if (known !== undefined) return known;
    const one = stack.resources.find((resource) => resource.id === id);
    // What these are referred to by is what policies name.
    const isArn = ['AWS::SNS::Topic', 'AWS::SecretsManager::Secret'].includes(one?.Type ?? '');
    return isArn ? this.#arnOf(stack, id) : `${stack.name}-${id}`;
  }

  #attribute(stack: Stack, id: string, name: string): string {
    if (name === 'ProviderURL') return `https://cognito-idp.${region}.amazonaws.com/${id}`;
    if (name === 'ApiEndpoint') return `https://${id}.execute-api.${region}.amazonaws.com`;
    return name === 'Arn' ? this.#arnOf(stack, id) : `${this.#arnOf(stack, id)}/${name}`;
  }

  #arnOf(stack: Stack, id: string): string {
    const role = stack.resources.find((one) => one.id === id)?.Properties['RoleName'];
    if (typeof role === 'string') return `arn:aws:iam::${account}:role/${role}`;
    return `arn:${stack.name}:${id}`;
  }

  #exported(name: string): unknown {
    for (const stack of this.#stacks) {
      const found = Object.values(stack.outputs).find((output) => output.Export?.Name === name);
      if (found !== undefined) return this.#fill(stack, found.Value);
    }
    throw new Error(`nothing is exported as ${name}`);
  }
}
