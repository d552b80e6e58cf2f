import canonicalizeModule from 'canonicalize';

/**
 * Canonical JSON (RFC 8785): equal for equal values, whatever the order of their keys. (The package is CommonJS with a
 * default export, whose types describe the export and not the module.)
 */
export const canonicalize = canonicalizeModule as unknown as (value: unknown) => string;
