"""What mail programs write around quoted words, in the languages we know: data for ``text``.

Patterns are tried on single lines (or a few joined ones) of bounded length and hold no nested repetition.
"""

from __future__ import annotations

import re

WROTE = (
    "wrote|writes|said|schreef|schrieb|hat geschrieben|a écrit|a ecrit|écrit|escribió|escribio|escribía|ha escrito|"
    "escreveu|ha scritto|scrisse|scrive|napisał|napisał\\(a\\)|napisała|napisal|pisze|skrev|skreiv|kirjoitti|"
    "написал|написала|написал\\(а\\)|пишет|пише|написав|написала|пишет|napsal|napsal\\(a\\)|napísal|napísal\\(a\\)|"
    "ezt írta|írta|a scris|yazdı|şunu yazdı|έγραψε|写道|寫道|написа|напиша|rašė|rakstīja|kirjutas|napisao|je napisao|"
    "je napisala|je napisao/la|viết|menulis|のメール|さんは書きました|"
    "のメッセージ|님이 작성|ha escrit|כתב|כתבה|mengirim|"
    "đã viết|skrifaði|pisal|pisala|je pisal"
)
ENDS_WITH_WROTE = re.compile(rf"(?:^|[\s>,)\]\"':])(?:{WROTE})\s?[:：]?[\s\-*_]{{0,12}}$", re.IGNORECASE)
SAYS_WROTE = re.compile(rf"(?:^|[\s>,)])(?:{WROTE})(?:$|[\s:：<\"])", re.IGNORECASE)

WEEKDAY = (
    "mon|tue|tues|wed|thu|thur|thurs|fri|sat|sun|monday|tuesday|wednesday|thursday|friday|saturday|sunday|"
    "mo|di|mi|do|fr|sa|so|montag|dienstag|mittwoch|donnerstag|freitag|samstag|sonnabend|sonntag|"
    "lun|mar|mer|jeu|ven|sam|dim|lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche|"
    "lunes|martes|miércoles|jueves|viernes|sábado|domingo|mié|jue|vie|sáb|dom|gio|lunedì|martedì|mercoledì|giovedì|"
    "venerdì|sabato|domenica|seg|ter|qua|qui|sex|segunda|terça|quarta|quinta|sexta|"
    "ma|woe|wo|vr|za|zo|maandag|dinsdag|woensdag|donderdag|vrijdag|zaterdag|zondag|"
    "man|tir|ons|tor|tors|fre|lør|søn|lör|sön|mandag|tirsdag|onsdag|torsdag|fredag|lørdag|søndag|måndag|tisdag|lördag|"
    "söndag|tis|mån|ti|ke|to|pe|la|su|maanantai|tiistai|keskiviikko|torstai|perjantai|lauantai|sunnuntai|"
    "pon|wt|śr|czw|pt|sob|niedz|niedz\\.|poniedziałek|wtorek|środa|czwartek|piątek|sobota|niedziela|"
    "po|út|st|čt|pá|so|ne|пн|вт|ср|чт|пт|сб|вс|нд|понедельник|вторник|среда|четверг|пятница|суббота|воскресенье|"
    "pzt|sal|çar|per|cum|cmt|paz"
)
START_WORDS = frozenset(
    f"on|le|el|am|op|il|in|em|no|den|dnia|w|dne|dňa|v|pe|la|στις|"
    f"στην|vào|pada|tarihinde|a|na|quoting|citando|zitat|citation|"
    f"citat|"
    f"at|в|在|於|于|{WEEKDAY}".replace("\\", "")
    .replace(".", "")
    .split("|")
)
WROTE_LAST = frozenset(one.rpartition(" ")[2] for one in WROTE.replace("\\", "").split("|"))
QUOTING = re.compile(
    r"\s{0,4}(?:Quoting|Citando|Zitat von|Citation de|Citat av|Cytowanie)"
    r"\s.{1,200}[:：]\s*$",
    re.IGNORECASE,
)
DATE = re.compile(
    r"(?:\b|\D)(?:(?:19|20)\d\d(?:\D|$)|\d{1,2}[./-]\d{1,2}[./-]\d{2,4}|"
    r"\d{1,2}\s?[:.hH]\s?\d\d(?:\D|$)|\d{1,2}月\d{1,2}日)"
)
DAY_AND_TIME = re.compile(r"\d{1,4}[./-]\s?\d{1,2}[./-]\s?\d{2,4}.{1,12}\d{1,2}[:.]\d\d")
ADDRESS_END = re.compile(r"[^\s<>\"]{1,100}@[^\s<>\"]{1,100}(?:[>\])]|&gt;|\s){0,4}\s?[:：]$")
ADDRESS = re.compile(r"[^\s<>\"]@[^\s<>\"]")

HEADER_LABELS = {
    "from": "from|von|de|van|da|od|fra|från|lähettäjä|от|від|отправитель|"
    "发件人|發件人|寄件者|差出人|送信者|보낸 사람|feladó|"
    "odesílatel|odosielateľ|de la|από|kimden|gönderen|şəxs|מאת|من|"
    "message du|expéditeur|absender|remetente|mittente|från",
    "sent": "sent|date|gesendet|datum|envoyé|envoyé le|date d'envoi|fecha|"
    "enviado|enviado el|enviado em|enviada|data|inviato|"
    "verzonden|wysłano|data|sendt|dato|skickat|lähetetty|päivämäärä|"
    "отправлено|дата|надіслано|发送时间|發送時間|日期|寄件日期|"
    "送信日時|日時|보낸 날짜|날짜|elküldve|dátum|odesláno|odoslané|"
    "dátum|trimis|data|ημερομηνία|στάλθηκε|gönderildi|tarih|"
    "נשלח|تاريخ|gesendet am|date de réception",
    "to": "to|an|à|a|para|aan|do|til|till|vastaanottaja|кому|收件人|收件者|"
    "宛先|받는 사람|címzett|komu|pre|către|προς|kime|alıcı|"
    "אל|إلى|destinataire|empfänger|destinatario|dla",
    "subject": "subject|betreff|objet|sujet|asunto|assunto|oggetto|onderwerp|"
    "temat|emne|ämne|aihe|тема|主题|主題|主旨|件名|제목|"
    "tárgy|předmět|predmet|subiect|θέμα|konu|נושא|الموضوع",
    "cc": "cc|kopie|copie|copie à|copia|kopia|kopi|dw|udw|копия|копія|抄送|"
    "副本|참조|másolat|bcc|reply-to|antwort an|répondre à|cc:",
}
LABEL_KINDS = {
    label.strip(): kind for kind, labels in HEADER_LABELS.items() for label in labels.split("|") if label.strip()
}
LABEL = re.compile(r"\s{0,12}[*_]{0,3}\s{0,2}([^\s*_:：<>@\d][^*_:：<>@\d]{0,22}?)\s{0,2}[*_]{0,3}\s?[:：]")

FORWARDED = (
    "forwarded message|forwarded by|weitergeleitete nachricht|message transféré|message transmis|mensaje reenviado|"
    "mensagem encaminhada|mensagem reencaminhada|messaggio inoltrato|doorgestuurd bericht|videresendt meddelelse|"
    "videresendt melding|vidarebefordrat meddelande|välitetty viesti|wiadomość przekazana|przekazana wiadomość|"
    "treść przekazanej wiadomości|пересланное сообщение|перенаправленное сообщение|пересылаемое сообщение|"
    "переслане повідомлення|přeposlaná zpráva|preposlaná správa|továbbított üzenet|mesaj redirecționat|"
    "mesaj înaintat|προωθημένο μήνυμα|iletilmiş mesaj|iletilen mesaj|転送メッセージ|转发的邮件|转发邮件|转发的消息|"
    "轉寄郵件|轉寄的郵件|전달된 메시지|전달된 메일|הודעה שהועברה"
)
ORIGINAL = (
    "original message|original appointment|original mail|original email|"
    "originalmeldung|ursprüngliche nachricht|original-nachricht|"
    "originalnachricht|ursprungliche nachricht|message d'origine|message d’origine|message original|message initial|"
    "mensaje original|mensagem original|messaggio originale|messaggio di origine|oorspronkelijk bericht|"
    "oorspronkelijk e-mail|oprindelig meddelelse|oprindelig besked|opprinnelig melding|opprinnelig e-post|"
    "ursprungligt meddelande|originalmeddelande|alkuperäinen viesti|wiadomość oryginalna|oryginalna wiadomość|"
    "treść oryginalnej wiadomości|исходное сообщение|исходное письмо|вихідне повідомлення|"
    "původní zpráva|původní e-mail|pôvodná správa|eredeti üzenet|mesaj original|mesajul original|αρχικό μήνυμα|"
    "orijinal mesaj|özgün ileti|原始邮件|原始郵件|原邮件|元のメッセージ|original message follows|원본 메시지|원본 메일|"
    "reply message|antwort nachricht|e-mail d'origine"
)
ORIGINAL_LINE = re.compile(
    rf"\s{{0,8}}[-_=*>]{{1,60}}\s{{0,3}}(?:{ORIGINAL}|{FORWARDED})\s{{0,3}}[-_=*<:]{{0,60}}\s*$", re.IGNORECASE
)
_BEGIN_FORWARDED = (
    r"(?:Begin forwarded message|Anfang der weitergeleiteten (?:Nachricht|E-Mail)|"
    r"Début du message (?:réexpédié|transféré)|Inizio messaggio inoltrato|Inicio del mensaje reenviado|"
    r"Início da mensagem re?encaminhada|Begin doorgestuurd bericht|Videresendt besked|Start på videresendt besked|"
    r"Vidarebefordrat brev|Videresendt melding|Välitetty viesti alkaa|Początek przekazywanej wiadomości|"
    r"Начало переадресованного сообщения|Початок листа, що пересилається|Začátek přeposlané zprávy|"
    r"Továbbított üzenet kezdete|İletilen ileti başlangıcı|転送されたメッセージ|下面是被转发的邮件|"
    r"開始轉寄郵件|전달된 메시지 시작)\s?[:：]"
)
BEGIN_FORWARDED = re.compile(rf"\s{{0,4}}{_BEGIN_FORWARDED}\s*$", re.IGNORECASE)
FORWARD_LINE = re.compile(
    rf"[ \t>]{{0,12}}(?:[-_=*]{{2,60}}[ \t]{{0,3}}(?:{FORWARDED})[ \t]{{0,3}}[-_=*<:]{{0,60}}|"
    rf"{_BEGIN_FORWARDED})[ \t]{{0,12}}",
    re.IGNORECASE,
)
FORWARD_PREFIX = re.compile(
    r"\s{0,4}(?:\[[^\[\]]{1,40}\]\s{0,4}){0,2}(?:fwd?|wg|tr|rv|enc|i|vs|vb|vl|pd|doorst|fs|ilt|iлт|i̇lt|πρθ|"
    r"przekaż|továbbítva|továbbítás|пересл|переслано|пер|转发|轉寄|转寄|転送|전달|הועבר)\s{0,2}(?:\[\d{1,3}\])?\s{0,2}[:：]",
    re.IGNORECASE,
)

SENT_FROM = re.compile(
    r"\s{0,4}[*_<(\[]{0,2}(?:"
    r"Sent (?:from|with|via|by|using)|Get Outlook for|Get the Outlook app|"
    r"Envoyé (?:de|depuis|à partir de|avec|via)|Télécharger Outlook|"
    r"Obtenez Outlook pour|Gesendet (?:von|mit|über|aus)|Von meinem \S+ gesendet|"
    r"Diese Nachricht wurde von meinem|Holen Sie sich Outlook|Outlook für|"
    r"Enviado (?:desde|de|do|a partir do|via|con|por)|Obtener Outlook para|"
    r"Obter o Outlook|Inviato (?:da|dal|con|tramite)|Ottieni Outlook per|"
    r"Scarica Outlook|Verzonden (?:vanaf|vanuit|met|via|van)|Verstuurd vanaf|"
    r"Outlook voor|Download Outlook|Skickat från|Skickades från|Hämta Outlook|"
    r"Sendt fra|Hent Outlook|Få Outlook|Lähetetty|Hanki Outlook|Wysłan[eoy] (?:z|"
    r"ze|za pomocą|przez)|Pobierz (?:aplikację )?Outlook|"
    r"Отправлено (?:с|из)|Надіслано (?:з|із)|Odesláno (?:z|ze)|Odoslané (?:z|"
    r"zo)|Küldve|Trimis (?:de pe|din)|Στάλθηκε από|"
    r"发自我的|從我的|发送自|寄件自|iPhoneから送信|iPadから送信|나의 iPhone에서 보냄|"
    r"Poslano (?:z|iz|s)|Gönderildi|נשלח מה"
    r")",
    re.IGNORECASE,
)
SENT_AFTER = re.compile(
    r".{1,40}(?:から送信|'dan gönderildi|’dan gönderildi|'den gönderildi|"
    r"에서 보냄|-ról küldve|gesendet)\s*$",
    re.IGNORECASE,
)

CLOSING = re.compile(
    r"\s{0,4}(?:(?:with |many |my )?(?:best|kind|warm|warmest|kindest)"
    r" ?(?:regards|wishes)?|(?:with )?regards|rgds|cheers|thanks (?:and|"
    r"&) regards|"
    r"sincerely(?: yours)?|yours (?:sincerely|faithfully|truly)|respectfully|cordially|best|"
    r"(?:mit )?(?:freundlichen?|besten?|herzlichen?|liebe[nr]?|viele[nr]?|"
    r"schöne[nr]?|sonnige[nr]?) (?:grüße|grüßen|gruß|grüsse|grüssen|"
    r"gruss|gruessen|gruesse)"
    r"(?: aus \w+)?|grüße|gruß|mfg|lg|vg|hochachtungsvoll|"
    r"cordialement|bien (?:cordialement|à vous)|très cordialement|"
    r"sincères salutations|salutations(?: distinguées)?|meilleures salutations|"
    r"bien à toi|"
    r"saludos(?: cordiales)?|un (?:cordial )?saludo|atentamente|cordialmente|"
    r"atenciosamente|att|com os melhores cumprimentos|melhores cumprimentos|cumprimentos|abraços?|"
    r"(?:cordiali|distinti) saluti|cari saluti|saluti|"
    r"(?:met )?(?:vriendelijke|hartelijke) groet(?:en)?|mvg|groet(?:en|jes)?|"
    r"(?:med )?(?:venlig|vennlig|vänlig|vänliga|bästa|beste|bedste|"
    r"kærlig|hjertelig) (?:hilsen|hilsener|hälsning|hälsningar)|m\.?v\.?h\.?|"
    r"kh|hilsen|hälsningar|vh|"
    r"(?:ystävällisin )?terveisin|t\.|pozdrawiam(?: serdecznie)?|"
    r"z (?:poważaniem|powazaniem|wyrazami szacunku)|pozdrowienia|"
    r"с уважением|всего доброго|з повагою|s pozdravem|s úctou|s pozdravom|üdvözlettel|cu (?:stimă|respect)|με εκτίμηση|"
    r"saygılarımla|iyi çalışmalar|敬具|此致|祝好|よろしくお願いいたします|감사합니다)"
    r"\s{0,2}[,.!:;،，。~-]{0,3}\s*$",
    re.IGNORECASE,
)
NAME_LINE = re.compile(r"(?:--?|/|[–—~] ?)[^\W\d_a-zà-ÿ][\w.'’-]{0,24}(?: [^\W\d_a-zà-ÿ][\w.'’-]{0,24}){0,3}$")
