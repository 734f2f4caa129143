/** The items of a field that a patch may have made anything of; what is no list has none. */
export function list(value: any): any[] { return Array.isArray(value) ? value : []; }
