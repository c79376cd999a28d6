/**
 * What Cedar policies may ask, in Cedar's own schema language. `policies/schema.cedarschema` is the same text, for editors and for
 * whoever writes a policy. Roles are an enumerated type, so that a mistyped one is an error and not a rule that never matches.
 */
export const policySchema = `namespace Escrow {
  // The roles of US federal key-recovery policy that the service knows, from the token of whoever asks.
  entity Role enum [
    "subscriber",
    "requestor",
    "recovery-agent",
    "recovery-official",
    "auditor",
    "administrator",
    "enrollment-workflow",
    "service"
  ];

  // The organization's own groups, from the same token.
  entity Group;

  // Whoever asks: \`principal in Escrow::Role::"subscriber"\`, \`principal in Escrow::Group::"payroll"\`.
  entity Person in [Role, Group] {
    subject: String, // of the token
  };

  // One certificate request and its key pair.
  entity Enrollment {
    purpose: String, // "identity", "encryption"
    assurance: String, // "medium", "medium-token", "medium-hardware"
    custody: String, // "kms", "pkcs11", "software" (for evaluation only)
    keySpec: String, // "RSA_2048", "RSA_3072", "RSA_4096", "ECC_NIST_P256", "ECC_NIST_P384", "ECC_NIST_P521"
    keyType: String, // "RSA", "EC"
    keyBits: Long, // of the RSA modulus, or of the curve: 256, 384, 521
    stage: String, // "requested" (there is no key yet), "made", "certified"
    exportable?: Bool, // whether the key was made exportable: known once it is made
    lock?: String, // "password", "recipient", "held", "resident": known once it is made
    escrow?: String, // "required", "forbidden": known once it is made
    subscriber?: Person, // whose key it is
  };

  // May the request be taken? May such a key be made, in this custody? May it leave custody, ever?
  action "Enroll", "MakeKey", "MakeExportable" appliesTo { principal: [Person], resource: [Enrollment] };

  // Is the key to be escrowed? What is allowed here is required.
  action "Escrow" appliesTo { principal: [Person], resource: [Enrollment] };

  // What may keep the key for its subscriber: a password, a public key that the request named, or nothing ("held")?
  action "LockByPassword", "LockByRecipient", "LockByNothing" appliesTo { principal: [Person], resource: [Enrollment] };

  // Is a password of this length good enough?
  action "SetPassword" appliesTo {
    principal: [Person],
    resource: [Enrollment],
    context: { length: Long }, // in characters, 1 to 128
  };

  // May the subscriber take an own copy now?
  action "Export" appliesTo {
    principal: [Person],
    resource: [Enrollment],
    context: { profile: String }, // "modern", "pbmac1"
  };

  // May that copy be of triple DES and SHA-1, for systems that take nothing better?
  action "ExportCompatible" appliesTo { principal: [Person], resource: [Enrollment] };

  // May an escrowed key be asked for? May this person agree to it? May it be handed over?
  action "RequestRecovery", "ApproveRecovery" appliesTo {
    principal: [Person],
    resource: [Enrollment],
    context: { thirdParty: Bool }, // for somebody other than its subscriber
  };
  action "ReleaseRecovered" appliesTo {
    principal: [Person],
    resource: [Enrollment],
    context: { thirdParty: Bool, agents: Long }, // how many distinct recovery agents agreed
  };
}
`;
