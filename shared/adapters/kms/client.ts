import * as sdk from '@aws-sdk/client-kms';
import { clientSettings, neverInClear } from '../aws/client.ts';
import type { RequestOptions } from '../aws/repeated-calls.ts';

type Ask<Input, Output> = (input: Input, options?: RequestOptions) => Promise<Output>;

/** What this adapter asks of AWS KMS; the SDK's own `KMS` is one, with three times as many operations. */
export interface Kms {
  createAlias: Ask<sdk.CreateAliasCommandInput, sdk.CreateAliasCommandOutput>;
  createKey: Ask<sdk.CreateKeyCommandInput, sdk.CreateKeyCommandOutput>;
  decrypt: Ask<sdk.DecryptCommandInput, sdk.DecryptCommandOutput>;
  deleteAlias: Ask<sdk.DeleteAliasCommandInput, sdk.DeleteAliasCommandOutput>;
  describeKey: Ask<sdk.DescribeKeyCommandInput, sdk.DescribeKeyCommandOutput>;
  encrypt: Ask<sdk.EncryptCommandInput, sdk.EncryptCommandOutput>;
  generateDataKeyPair: Ask<sdk.GenerateDataKeyPairCommandInput, sdk.GenerateDataKeyPairCommandOutput>;
  generateMac: Ask<sdk.GenerateMacCommandInput, sdk.GenerateMacCommandOutput>;
  getParametersForImport: Ask<
    sdk.GetParametersForImportCommandInput,
    sdk.GetParametersForImportCommandOutput
  >;
  getPublicKey: Ask<sdk.GetPublicKeyCommandInput, sdk.GetPublicKeyCommandOutput>;
  importKeyMaterial: Ask<sdk.ImportKeyMaterialCommandInput, sdk.ImportKeyMaterialCommandOutput>;
  listAliases: Ask<sdk.ListAliasesCommandInput, sdk.ListAliasesCommandOutput>;
  listKeys: Ask<sdk.ListKeysCommandInput, sdk.ListKeysCommandOutput>;
  listResourceTags: Ask<sdk.ListResourceTagsCommandInput, sdk.ListResourceTagsCommandOutput>;
  scheduleKeyDeletion: Ask<sdk.ScheduleKeyDeletionCommandInput, sdk.ScheduleKeyDeletionCommandOutput>;
  sign: Ask<sdk.SignCommandInput, sdk.SignCommandOutput>;
  destroy(): void;
}

/** A client of AWS KMS. Region, endpoint and credentials are what the environment tells the SDK. */
export function kmsClient(): Kms {
  const client = neverInClear(new sdk.KMSClient(clientSettings));
  return {
    createAlias: (input, options) => client.send(new sdk.CreateAliasCommand(input), options),
    createKey: (input, options) => client.send(new sdk.CreateKeyCommand(input), options),
    decrypt: (input, options) => client.send(new sdk.DecryptCommand(input), options),
    deleteAlias: (input, options) => client.send(new sdk.DeleteAliasCommand(input), options),
    describeKey: (input, options) => client.send(new sdk.DescribeKeyCommand(input), options),
    encrypt: (input, options) => client.send(new sdk.EncryptCommand(input), options),
    generateDataKeyPair: (input, options) => client.send(new sdk.GenerateDataKeyPairCommand(input), options),
    generateMac: (input, options) => client.send(new sdk.GenerateMacCommand(input), options),
    getParametersForImport: (input, options) =>
      client.send(new sdk.GetParametersForImportCommand(input), options),
    getPublicKey: (input, options) => client.send(new sdk.GetPublicKeyCommand(input), options),
    importKeyMaterial: (input, options) => client.send(new sdk.ImportKeyMaterialCommand(input), options),
    listAliases: (input, options) => client.send(new sdk.ListAliasesCommand(input), options),
    listKeys: (input, options) => client.send(new sdk.ListKeysCommand(input), options),
    listResourceTags: (input, options) => client.send(new sdk.ListResourceTagsCommand(input), options),
    scheduleKeyDeletion: (input, options) => client.send(new sdk.ScheduleKeyDeletionCommand(input), options),
    sign: (input, options) => client.send(new sdk.SignCommand(input), options),
    destroy: () => client.destroy(),
  };
}
