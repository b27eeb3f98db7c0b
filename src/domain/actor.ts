/** Who asks. */
export type Actor =
  | { readonly kind: 'system'; readonly name: string }
  | { readonly kind: 'command_line'; readonly name: string; readonly isOwner: boolean }
  | { readonly kind: 'user'; readonly name: string; readonly roles: readonly string[] }
  | { readonly kind: 'token'; readonly name: string; readonly scopes: readonly string[] }
  | { readonly kind: 'host_user'; readonly name: string; readonly host: string }
  | { readonly kind: 'anonymous'; readonly name: 'anonymous' };
