// Words room, the launcher: the few words that stand on the page before the chat is opened, in every language, so that
// nothing has to be loaded for them. Imports only the list of languages.

import type { Language } from "./catalogue";

interface LauncherWords {
  readonly label: string;
  /** Begins with what is written on the button, for visitors who press by voice. */
  readonly open: string;
  /** `{n}` new messages; in English one is another word. */
  readonly unread: string;
  readonly one?: string;
  readonly away: string;
}

export const LAUNCHER: Readonly<Record<Language, LauncherWords>> = {
  en: {
    label: "Ask CHHA",
    open: "Ask CHHA. Open chat",
    unread: "Ask CHHA. Open chat, {n} new messages",
    one: "Ask CHHA. Open chat, 1 new message",
    away: "The chat could not be loaded. Trying again…",
  },
  es: {
    label: "Pregunte a CHHA",
    open: "Pregunte a CHHA. Abrir el chat",
    unread: "Pregunte a CHHA. Abrir el chat, mensajes nuevos: {n}",
    away: "No se pudo cargar el chat. Intentando de nuevo…",
  },
  ar: {
    label: "اسأل CHHA",
    open: "اسأل CHHA. افتح المحادثة",
    unread: "اسأل CHHA. افتح المحادثة، رسائل جديدة: {n}",
    away: "تعذّر تحميل المحادثة. نحاول مرة أخرى…",
  },
  hi: {
    label: "CHHA से पूछें",
    open: "CHHA से पूछें. चैट खोलें",
    unread: "CHHA से पूछें. चैट खोलें, नए संदेश: {n}",
    away: "चैट लोड नहीं हो सकी. फिर कोशिश हो रही है…",
  },
  pt: {
    label: "Pergunte à CHHA",
    open: "Pergunte à CHHA. Abrir o chat",
    unread: "Pergunte à CHHA. Abrir o chat, mensagens novas: {n}",
    away: "Não foi possível carregar o chat. Tentando de novo…",
  },
  fr: {
    label: "Demandez à CHHA",
    open: "Demandez à CHHA. Ouvrir la discussion",
    unread: "Demandez à CHHA. Ouvrir la discussion, nouveaux messages : {n}",
    away: "La discussion n’a pas pu être chargée. Nouvel essai…",
  },
  "zh-Hans": {
    label: "咨询 CHHA",
    open: "咨询 CHHA。打开聊天",
    unread: "咨询 CHHA。打开聊天，{n} 条新消息",
    away: "聊天无法加载，正在重试…",
  },
};
