/** A public key as JSON Web Key (RFC 7517, RFC 7518 section 6). Never holds a private member. */
export interface PublicJwk {
  kty: string;
  crv?: string;
  x?: string;
  y?: string;
  n?: string;
  e?: string;
  kid?: string;
}
