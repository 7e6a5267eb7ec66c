// What lies over the conversation, where there is no place beside it.

export type Panel = 'rooms' | 'people';
