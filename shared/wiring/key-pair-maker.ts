import { openLambda } from '#adapters/lambda/client.ts';
import { LambdaKeyPairMaker } from '#adapters/lambda/key-pair-maker.ts';
import { environmentNames } from '#contract/environment.ts';
import type { KeyPairMaker } from '#ports/key-pair-maker.ts';
import type { Registry } from '#ports/registry.ts';
import { requireTime } from '#runtime/lambda/invocation.ts';
import { given } from './environment.ts';
import type { Opening } from './opening.ts';

/** What has key pairs made by the functions that may. @throws SetUpError `not-set-up` */
export function openKeyPairMaker({ environment }: Opening, registry: Registry): KeyPairMaker {
  const names = given(environment, environmentNames.keyPairMakers);
  const maker = new LambdaKeyPairMaker(openLambda(), names, registry);
  return {
    async make(request) {
      requireTime();
      return await maker.make(request);
    },
  };
}
