// Options that the commands on tokens share, each told in the same words.

/** Where the tokens are. */
export const libraryOptions = {
  module: {
    type: 'string',
    value: 'PATH',
    says: "the token's PKCS#11 library; else ESCROW_TOKEN_MODULE, else SoftHSM where it usually is",
  },
  data: {
    type: 'string',
    value: 'DIR',
    says: 'the data folder of a service on this machine: the SoftHSM token that stands in it',
  },
} as const;

/** Which of them, and what opens it. */
export const tokenOptions = {
  token: {
    type: 'string',
    value: 'LABEL',
    says: 'which token; may be left out where the library has one only',
  },
  serial: {
    type: 'string',
    value: 'NUMBER',
    says: 'which token, by its serial number, where several have one label',
  },
  pin: {
    type: 'string',
    value: 'SOURCE',
    says: 'where its PIN is: file:PATH, env:NAME or secretsmanager:NAME[#FIELD]. Without it you are asked.',
  },
  ...libraryOptions,
} as const;

export interface LibraryValues {
  module?: string | undefined;
  data?: string | undefined;
}

export interface TokenValues extends LibraryValues {
  token?: string | undefined;
  serial?: string | undefined;
  pin?: string | undefined;
}
