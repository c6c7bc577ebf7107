/** Of the whole repository: its packages are released together. */
export const version = '0.1.0';
