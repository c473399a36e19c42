/** `--split` of change: whole pairs held back, those at these places of the list where numbers follow (pair:2 or pair:2,5). */
export const pairSplit = /^pair(?::(\d+(?:,\d+)*))?$/;
