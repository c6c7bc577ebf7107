/** Of the whole of Cyclone, as in the workspace's package.json. */
export const version = '0.1.0';
