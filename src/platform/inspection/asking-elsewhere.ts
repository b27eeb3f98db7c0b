import { pair, type Sign, sign } from './sign.ts';

/** Alternatives, not within a longer word of the same letters. */
const word = (...words: readonly string[]): string => `(?<!\\p{L})(?:${words.join('|')})`;
/** For writing without blanks between words, or with words that grow at their beginning. */
const piece = (...pieces: readonly string[]): string => `(?:${pieces.join('|')})`;

const sentence = { within: 80, stops: /[\n.!?。।؟]/u };

/** Both in one sentence, in whichever order the language has them. */
function together(weight: Sign['weight'], first: string, second: string): Sign {
  return { weight, parts: [...pair(first, second, sentence), ...pair(second, first, sentence)] };
}

/** "Ignore" as an order: imperatives and what is polite instead. */
const letGo = `(?:${word(
  'ignorier(?:e|en sie)?(?!\\p{L})|vergiss|vergesst|vergessen|missachte\\p{L}{0,2}|überspring\\p{L}{0,2}|übergeh\\p{L}{0,2}|beachte[^\\n.]{0,40}nicht',
  "ignore(?:[zr](?!\\p{L})| (?:les|tes|vos|tout|toutes|ces|mes|ce que|le|la) )|oublie[zrs]?(?!\\p{L})|d['’]oublier|oublier (?:ton|ta|tes|vos|votre|les|ce)|d['’]ignorer|néglige[zr]?|passe[zr]? outre|ne (?:tiens|tenez) pas compte|fais fi",
  'ignora(?:d|r|te)?(?!\\p{L})|ignore(?:[mn](?!\\p{L})| (?:as|os|o que|todas|todos|las|los|lo|tudo|todo|sus|suas|tus|cualquier|qualquer) )|olvida(?:d|r|te)?(?!\\p{L})|olvide[ns]?(?!\\p{L})|omit[ae](?!\\p{L})|pasa por alto|haz caso omiso|descarta|desobedece|no (?:hagas caso|sigas)',
  'esque[cç]a(?:m|-se)?|desconsider[ea]|descarte|não (?:siga|obedeça)|dimentica(?:te|re)?|trascura|tralascia|non (?:seguire|considerare)|scorda',
  'negeer|vergeet|sla[^\\n.]{0,20}over',
  'zapomnij|zignoruj|pomi[nń]|zlekceważ|ignoruj(?:te)?|zapome[nň](?:te)?|nedbej|zabudni',
  '(?:про)?игнорируй(?:те)?|забудь(?:те)?|забыть|отбрось(?:те)?|не обращай|отмени|пренебреги|ігноруй(?:те)?|забудьте',
  'unut(?:un)?(?!\\p{L})|yok say|görmezden gel|dikkate alma|boş ver',
  'bỏ qua|quên (?:đi|hết|tất)|lờ đi|abaikan|lupakan|ignorera|glöm|bortse|ignorer(?!\\p{L})|glem|se bort|uită|ignoră|felejtsd|hagyd figyelmen|unohda|ohita|sivuuta|αγνόησε|αγνοήστε|ξέχασε|ξεχάστε|kalimutan|huwag pansinin|puuza|sahau',
)}|${piece(
  'تجاهل|انسَ|انس |تجاوز|لا تتبع|نادیده|فراموش کن|کنار بگذار|بی‌خیال|توجه نکن|رها کن|अनदेखा|नज़रअंदाज|नजरअंदाज|भूल जा|भुला|मत मान|উপেক্ষা|ভুলে যা|نظر ?انداز|بھول جا|புறக்கணி|మరచిపో|ละเว้น|เพิกเฉย|ลืมคำ|ไม่ต้องสนใจ|התעלם|התעלמו|תתעלם|שכח|תשכח',
  '忽略|无视|無視(?!さ)|忘记|忘掉|忘記|不要(?:理会|遵守|管)|抛开|撇开|忘れ(?!ら)|無効|従わない|무시하|무시해|지우고|삭제하고|우회|잊어|잊고|따르지',
)})`;

/** What a reader was given to do. */
const task = `(?:${word('(?:deine|eure|ihre) aufgabe|(?:ta|votre) tâche|(?:ton|votre) rôle|deine rolle|(?:tu|su) rol(?!\\p{L})|(?:seu|teu) papel|(?:tu|su) tarea|(?:tua|sua) tarefa|(?:il tuo|tuo) compito|je taak|(?:twoje|swoje) zadani|(?:свою|твою|о своей) задач|görevini')}|${piece('مهمتك|وظیفه‌ات|وظیفهٔ|अपना काम|你的任务|原来的任务|本来のタスク|あなたのタスク|네 작업|원래 작업')})`;

/** What a reader is bound by. */
const rules = `(?:${word(
  'anweisung|vorgabe|regel|anleitung|befehl|richtlinie|instruktion|hinweise',
  'instru|consigne|règle|directive|ordre|indication',
  'regla|regra|regol|reglas|directri|diretri|direttiv|indicacion|indicaç|indicazion|ordini|órdenes|orden(?:es)?(?!\\p{L})|ordens|istruz|aanwijzing|opdracht|richtlijn|regels',
  'instrukc|polece|zasad|wytyczn|pokyn|pravidl|instrukt|reguł',
  'инструкц|указани|правил|команд|распоряжен|інструкц|вказівк|установк|ограничен',
  'talimat|komut|kural|yönerge|hướng dẫn|chỉ dẫn|chỉ thị|lệnh|quy tắc|instruksi|perintah|aturan|petunjuk|anvisning|regler|instruks|reguli|instrucțiun|utasítás|szabály|ohje|sääntö|käsky|οδηγί|εντολ|κανόν|tagubilin|maagizo',
  "ce qu['’]on t|lo que te (?:dij|han|ped)|o que (?:te|lhe) (?:disse|pedi|foi)|quello che ti|was (?:dir|man dir|ihnen|du)|co ci|то, что тебе|tudo (?:acima|antes)|todo lo anterior|tout ce qui précède|alles (?:obige|davor|bisherige)|tutto quello",
)}|${piece(
  'التعليمات|تعليمات|الأوامر|القواعد|الإرشادات|التوجيهات|دستور|راهنمایی|قوانین|قواعد|فرمان|निर्देश|आदेश|नियम|নির্দেশ|নিয়ম|ہدایات|قوانین|அறிவுறுத்த|సూచన|คำสั่ง|คำแนะนำ|กฎ|הוראות|הנחיות|כללים|ההוראות',
  '指令|指示|提示|规则|規則|命令|限制|要求|约束|ルール|プロンプト|制約|지시|명령|규칙|프롬프트|지침|제한|제약|한계|필터|가드레일|안전|보안',
)})`;

/** "Show", "send" as an order. */
const give = `(?:${word(
  'zeige?(?:n sie)?(?!\\p{L})|gib(?!\\p{L})|geben sie|schreibe?(?:n sie)?(?!\\p{L})|sende(?:n sie)?(?!\\p{L})|schicke?(?!\\p{L})|drucke?(?!\\p{L})|poste(?!\\p{L})|veröffentliche(?!\\p{L})|verrate?(?!\\p{L})|lade[^\\n.]{0,40}hoch|kopiere?(?!\\p{L})|nenne?(?!\\p{L})|liste(?!\\p{L})|hänge(?!\\p{L})|füge(?!\\p{L})|(?:zu )?(?:zeigen|nennen|senden|schicken|veröffentlichen|auszugeben|ausgeben|posten)(?!\\p{L})',
  'montre[zr]?|affiche[zr]?|envoie[s]?|envoye[zr]|écri(?:s|re|vez)|donne[zr]?|publie[zr]?|révèle[zr]?|révéler|copie[zr]?|transmet(?:s|tre|tez)|imprime[zr]?|colle[zr]?|ajoute[zr]?|liste[zr]?|dis-moi|divulgue[zr]?|recopie[zr]?',
  'muestra|mostrar|muéstra\\p{L}{0,4}|envía\\p{L}{0,3}|envi[ae]r?|escrib[ae]r?|imprim[ae]|publica|revela|copia|pega|manda|dime|incluye|adjunta|sube|lista(?!\\p{L})',
  'mostr[ae]|envie|escreva|publique|revele|copie|cole|mande|diga|inclua|liste|mostrami|invia|scrivi|stampa|pubblica|rivela|elenca|incolla|dimmi|allega|riporta',
  'toon|geef|schrijf|stuur|plak|druk|pokaż|wypisz|wyślij|podaj|ujawnij|napisz|wklej|zobraz|vypiš|pošli|ukaž|odešli',
  'покажи|выведи|отправь|напиши|пришли|раскрой|скинь|перечисли|опубликуй|вставь|передай|выложи|скопируй|распечатай|надішли|виведи',
  'göster|yaz(?:ın|dır)?(?!\\p{L})|gönder|paylaş|listele|yapıştır|ekle|gửi|hiển thị|in ra|viết|liệt kê|tiết lộ|dán|kirim|tampilkan|tulis|cetak|sebutkan|bocorkan|skriv|skicka|trimite|afișează|scrie|arată|küldd|írd|mutasd|lähetä|näytä|kirjoita|tulosta|δείξε|στείλε|γράψε|εμφάνισε',
)}|${piece(
  'أرسل|ارسل|اعرض|اكتب|اطبع|اكشف|أظهر|انشر|شارك|بفرست|بنویس|نشان بده|نشان بدهید|چاپ کن|بگذار|بذار|بخوان|کپی کن|ارسال کن|فاش کن|منتشر کن|قرار بده|لیست کن|लिखो|लिखें|लिख दो|दिखाओ|दिखाएं|दिखाएँ|भेजो|भेजें|भेज दो|बताओ|बताएं|डालो|লিখ|দেখাও|পাঠাও|دکھا|لکھ|بھیج|แสดง|ส่ง|เขียน|พิมพ์|הצג|שלח|כתוב|הדפס|תציג|תשלח',
  '输出|显示|打印|发送|告诉|写出|写到|写在|写进|泄露|发给|发到|上传|列出|贴到|粘贴|公开|展示|表示し|出力し|送信し|送って|教えて|書いて|貼り|書き込|晒し|見せ|公開し|出して|출력|보여|알려|보내|적어|공개|게시|붙여|써 ?줘|업로드',
)})`;

/** What is nobody's to have. */
const secret = `(?:\\.env|~/\\.\\w|\\.ssh/|/etc/(?:passwd|shadow)|printenv|credentials?(?!\\p{L})|api[ _-]?keys?(?!\\p{L})|${word(
  'umgebungsvariable|passw[oö]rt|kennw[oö]rt|geheim|schlüssel|zugangsdaten|zugriffsschl|tokens?(?!\\p{L})|system-?prompt|secrets?(?!\\p{L})|credentials',
  "variables? d['’]env|mots? de passe|cl[ée]s?(?!\\p{L})|secrètes?|identifiants de|jetons?|prompt syst|invite système",
  'variables? de entorno|contraseña|claves?(?!\\p{L})|secret[oa]s?|credencial|prompt del sistema|mensaje del sistema|instrucciones (?:ocultas|iniciales)|variáveis de ambiente|senhas?(?!\\p{L})|chaves?(?!\\p{L})|segred|credenciais|prompt (?:de|do) sistema|variabili|chiav[ei]|segret|credenzial|prompt di sistema|parol[ae] d',
  'wachtwoord|sleutel|geheim|omgevingsvar|hasł|hasel|klucz|zmienn\\p{L}{1,4} środ|tajn|hesl|klíč|proměnn|poświadcz',
  'переменн|парол|ключ|секрет|токен|учётн|учетн|системн\\p{L}{1,3} промпт|промпт|змінн|пароль',
  'anahtar|parola|şifre|gizli|ortam değişken|sistem (?:istem|prompt)|mật khẩu|khóa|biến môi trường|bí mật|kata sandi|kunci|rahasia|variabel lingkungan|lösenord|nyckl|nøgl|nøkk|hemlig|miljøvar|miljövar|parol|chei|jelsz|kulcs|környezeti vált|salasana|avain|avaime|ympäristömuutt|κωδικ|κλειδ|μεταβλητ',
)}|${piece(
  'كلمة المرور|كلمات المرور|كلمة السر|كلمات السر|مفتاح|مفاتيح|متغيرات|أسرار|الأسرار|سرية|رمز|رمزهای|کلید|متغیر|گذرواژه|محرمانه|توکن|پسورد|कुंजी|पासवर्ड|गुप्त|टोकन|एनवायरनमेंट|পাসওয়ার্ড|গোপন|پاس ورڈ|รหัสผ่าน|กุญแจ|ความลับ|ตัวแปร|סיסמ|מפתח|סוד|משתני',
  '内部规则|开发者消息|隐藏指令|秘密鍵|内部ルール|開発者メッセージ|隠し指示|개발자 ?메시지|내부 ?규칙|숨겨진 ?(?:지시|규칙|정보)|密钥|密码|令牌|环境变量|提示词|凭据|凭证|秘密|秘钥|系统提示|パスワード|環境変数|鍵|トークン|システムプロンプト|認証情報|비밀|기밀|토큰|환경 ?변수|비밀번호|시스템 ?프롬프트|자격 ?증명|api ?키',
)})`;

/** The reader by its kind, spoken to or told what it has to do. */
const reader = `(?:${word(
  'ki-(?:agent|assistent|modell|system)\\p{L}{0,2}|(?:an|liebe[rs]?|achtung|hinweis (?:für|an)) (?:den |die |das |alle )?(?:agent|assistent|bot|ki)\\p{L}{0,4}|als (?:ki|assistent|agent|sprachmodell)\\p{L}{0,3}|sprachmodell|agente de (?:ia|código)|modelo de (?:lenguaje|linguagem)|modèle de langage|asistente de (?:ia|código)|agente ia|assistant ia|agent ia|intelligence artificielle|inteligencia artificial|inteligência artificial|agente (?:di codice|automatico|ai)|modello linguistico|taalmodel|ai-(?:agent|assistent)\\p{L}{0,2}|model(?:u)? język|asystencie|agencie',
  "(?:pour|à) l[’']agent|agent qui (?:traite|lit|corrige|répond)|para (?:el|la|quien|quién) (?:agente|bot|asistente|modelo|ia|automatiza|procesa)|para (?:o|a) (?:agente|assistente|bot|modelo|ia)|per (?:l[’']|il |lo )(?:agente|assistente|bot|modello)|für (?:das|den|die) (?:sprachmodell|agent|assistent|bot|ki)\\p{L}{0,4}|(?:агенту|агентам|боту|ассистенту|модели)[:,]|(?:для|внимание,?) (?:ии-?|нейросет|агент|бот|ассистент|модел)\\p{L}{0,4}|ии-(?:агент|ассистент)|нейросет|языков\\p{L}{1,3} модел|yapay zek[aâ]|dil modeli|trợ lý|mô hình ngôn ngữ|asisten ai|model bahasa|agen ai",
)}|${piece(
  'الذكاء الاصطناعي|نموذج لغوي|أيها المساعد|هوش مصنوعی|مدل زبانی|دستیار|عامل هوشمند|भाषा मॉडल|एआई|एजेंट के लिए|给[^\\n。]{0,10}(?:ai|助手|模型|机器人)|به عامل|人工智能|语言模型|ai ?助手|智能体|编程助手|代码助手|言語モデル|ai ?エージェント|aiへ|エージェントへ|언어 ?모델|인공지능|ai ?에이전트|ผู้ช่วย|โมเดลภาษา|סוכן|מודל שפה',
)})`;

/** Without those who decide. */
const unseen = `(?:${word(
  'ohne (?:\\p{L}{1,12} )?(?:prüfung|freigabe|review|rückfrage|genehmigung|zustimmung|test)|sans (?:\\p{L}{1,12} )?(?:relecture|validation|revue|approbation|attendre|vérification|autorisation|demander)|sin (?:\\p{L}{1,12} )?(?:revis|aprob|esperar|preguntar|permiso|autoriz|prueba)|sem (?:\\p{L}{1,12} )?(?:revis|aprova|esperar|perguntar|permiss|autoriza|teste)|senza (?:\\p{L}{1,12} )?(?:revis|approva|attendere|aspettare|chiedere|permesso|autorizz)|zonder (?:\\p{L}{1,12} )?(?:review|goedkeuring|controle|te vragen|beoordeling)|bez (?:\\p{L}{1,12} )?(?:sprawdz|zatwierdz|przegląd|zgody|pytania|kontroly|schválení|recenz)|без (?:\\p{L}{1,12} )?(?:проверк|одобрен|ревью|тест|согласован|разрешен|подтвержд|перевірк)|onaysız|onay (?:beklemeden|almadan)|incelemeden|không cần (?:duyệt|phê|xem)|tanpa (?:review|persetujuan|tinjauan|izin)|utan (?:granskning|godkänn)|uden (?:godkend|gennemsyn)',
)}|${piece(
  'بدون (?:مراجعة|موافقة|تأیید|تایید|بررسی|اجازه|بازبینی)|دون (?:مراجعة|موافقة|إذن)|बिना (?:समीक्षा|अनुमति|अनुमोदन|जाँच|जांच|पूछे)',
  '无需(?:审批|审核|批准|审查|人工)|不经(?:过)?(?:审核|批准|审查)|未经(?:审核|批准)|跳过(?:审核|审批|测试|检查|代码审查)|不要等|レビュー(?:なし|せず|を待たず)|承認(?:なし|を待たず)|確認せず|승인 ?없이|검토 ?없이|리뷰 ?없이|테스트 ?없이',
)})`;

/** "Merge", "push", "approve" in whatever form. */
const act = `(?:${word(
  'merg\\p{L}{0,5}|push\\p{L}{0,5}|führe|zusammenführ|freigeb|genehmig|veröffentlich|deploy\\p{L}{0,4}|fusionn?\\p{L}{0,4}|approuv|approv|aprueb|aprov|pousse|publi\\p{L}{0,4}|mescl|unisci|fondi|integr|zatwierd|scal|wypchn|schval|слей|смёрж|смерж|одобр|влей|запуш|опублик|залей|birleştir|onayla|gộp|duyệt|gabung|setujui|godkänn|godkend',
)}|${piece('ادمج|وافق|انشر|ادفع|ادغام|مرج|تأیید کن|تایید کن|पुश|मर्ज|स्वीकृ|合并|批准|通过|推送|发布|提交到|マージ|承認|プッシュ|デプロイ|병합|승인|머지|푸시|배포')})`;

/** What an order to an agent is made of in other languages than English. Words alone, since each has a grammar of its own. */
export const inOtherTongues: readonly Sign[] = [
  together(3, letGo, rules),
  together(2, letGo, task),
  together(2, give, secret),
  // A judgement or a report that is to be given whatever is so, or something forged.
  sign(
    2,
    word(
      'betrachte[^\\n.]{0,40}als (?:erledigt|genehmigt|geprüft|bestanden)|considère[^\\n.]{0,40}comme (?:faite?|approuvée?|validée?|passée?)|considera[^\\n.]{0,40}(?:como|come) (?:hech|aprob|fatt|approv|revisad)|considere[^\\n.]{0,40}como (?:feit|aprovad|revisad)|считай[^\\n.]{0,40}(?:пройден|одобрен|выполнен)|uznaj[^\\n.]{0,40}za|fälsche?|falsifie|falsifica|falsifique|подделай|sfałszuj',
      'di que todo|diga que tudo|sag(?:e)?,? dass (?:alles|die)|dis que tout|скажи, что (?:все|всё|тест)|powiedz, że',
    ),
    piece(
      '伪造|偽造して|위조|جعل کن|说(?:明|里)?[^\\n。]{0,6}(?:测试)?(?:全部)?通过|写[^\\n。]{0,4}测试通过|テストは(?:全て)?(?:成功|通過)したと|테스트(?:가|는)? ?(?:모두 ?)?통과했다고|بررسی لازم نیست|تأیید لازم نیست|审核已完成',
    ),
  ),
  // All of it, word for word.
  together(
    1,
    secret,
    `(?:${word('alle[sn]?|sämtlich\\p{L}{0,2}|wörtlich|tou(?:s|tes)|mot à mot|todos|todas|literal|tutt[ie]|wszystkie|все|всех|дословно|tüm|bütün|tất cả|semua|inhalt|contenu|contenido|conteúdo|contenuto|inhoud|zawartość|содержимое|içeri')}|${piece('همه|تمام|محتوا|كل|جميع|محتوى|सभी|सारे|全部|所有|原样|原文|内容|完整|そのまま|すべて|全て|中身|一覧|그대로|원문|전부|모두|저장된|내용')})`,
  ),
  // Before the work, or with what comes of it.
  sign(
    1,
    word(
      "zuerst|vorher|bevor du|danach kannst du|avant de|d[’']abord|ensuite tu|antes de|primero|como paso previo|prima di|przed |найперш|сначала|перед (?:исправ|тем|этим)|önce ",
      'dans la (?:description|pr)|in den commit|an den commit|en la descripción|na descrição',
    ),
    piece(
      'قبل از هر|ابتدا|اول |قبل أن|أولا|पहले|之前|首先|先把|先将|作業の前|まず|前に|먼저|하기 전',
    ),
  ),
  sign(
    2,
    piece(
      '내 말만|나의 지시만|我说的|只听我|私の言うことだけ|レビューは不要|承認は不要|审核不需要|검토는 필요|승인은 필요',
    ),
  ),
  sign(2, reader),
  together(2, unseen, act),
  together(
    1,
    `(?:${word('sofort|umgehend|direkt|immédiatement|directement|inmediatamente|directamente|imediatamente|diretamente|subito|immediatamente|direttamente|meteen|natychmiast|od razu|bezpośrednio|сразу|немедленно|напрямую|hemen|doğrudan|ngay|langsung|segera')}|${piece('فورا|مباشرة|مستقیم|فوری|सीधे|तुरंत|直接|立即|马上|すぐ|直ちに|바로|즉시')})`,
    act,
  ),
  // Nobody is to hear of it.
  sign(
    2,
    word(
      'sag(?:e|en sie)? (?:es )?(?:niemand|keinem|nichts)|erwähne?(?:n sie)? (?:das|dies|es|diese\\p{L}|davon)?[^\\n.]{0,24}(?:nicht|nirgends)|ohne (?:es|das|dies) zu erwähnen|verschweig',
      "n['’]en (?:parle|dis|informe)|ne (?:le |la |les )?(?:dis|dites|mentionne[zs]?|parle[zs]?|signale[zs]?)[^\\n.]{0,24}(?:pas|à personne|rien)|sans (?:le|en) (?:dire|parler|mentionner)",
      'no (?:se )?(?:lo )?(?:digas|menciones|cuentes|avises|informes)|sin (?:decir|mencionar|avisar)|não (?:mencione|conte|diga|avise|informe)|sem (?:mencionar|avisar|contar)|non (?:menzionar|dir|parlar|avvis|inform)\\p{L}{1,5}|senza (?:dirlo|menzionar|avvisar)\\p{L}{0,3}|vertel (?:het )?niemand|vermeld dit niet',
      'никому не (?:говори|сообщай|рассказывай)|не (?:упоминай|говори об|сообщай|пиши об)|nikomu (?:o tym )?nie (?:mów|wspominaj)|nie wspominaj|nikomu to neříkej|kimseye (?:söyleme|bahsetme)|bundan bahsetme|đừng (?:nói|nhắc|đề cập)|jangan (?:beri ?tahu|sebutkan|katakan)|berätta inte|nämn inte|fortæl ikke',
    ),
    piece(
      'لا تخبر|لا تذكر|به (?:کسی|هیچ‌کس) (?:نگو|چیزی نگو)|اشاره(?:‌ای)? نکن|किसी को (?:मत|न) बता|उल्लेख (?:न|मत)|ज़िक्र मत',
      '(?:不要|别|勿|不用)(?:告诉|提及|提到|说明|告知|声张)|誰にも言わ|言及し(?:ない|ないで)|触れないで|報告しないで|말하지 ?(?:마|말)|언급하지 ?(?:마|말)|알리지 ?(?:마|말)',
    ),
  ),
  // Another part to play, or a claim of rank.
  sign(
    2,
    word(
      'du (?:bist|hast) (?:jetzt|nun|ab sofort|ab jetzt)|act[úu]a como|agis comme|aja como|agisci come|verhalte dich|sie sind (?:jetzt|nun)|tu es (?:désormais|maintenant)|vous êtes (?:désormais|maintenant)|(?:ahora )?eres (?:ahora )?(?:un|una|el|la) (?:administrador|desarrollador|ia|modelo|asistente|sistema|root)|ahora eres|você agora é|agora você é|(?:ora|adesso) sei|sei (?:ora|adesso) un|je bent nu|jesteś teraz|teraz jesteś|od teraz|ты теперь|теперь ты|отныне ты|artık sen|sen artık|bây giờ bạn là|sekarang kamu adalah|tu fais semblant|fais comme si|stell dir vor, du|tu dir so, als|haz como si|finge que|fingi (?:di|che)|представь, что ты|притворись|udawaj',
    ),
    piece(
      '(?:탈옥|관리자|개발자|디버그|루트) ?모드|(?:越狱|管理员|开发者|调试)模式|(?:脱獄|管理者|開発者)モード|제한(?:이)? ?없(?:는|이)|不受限制|制限のない|你现在不?是|أنت الآن|تو (?:الان|اکنون|حالا)|از این پس تو|अब (?:तुम|आप)|तुम अब|你现在是|从现在开始|从现在起|假装你是|扮演|あなたは今|今から(?:あなた|君)|これから(?:あなた|君)は|のふりをし|너는 이제|당신은 이제|이제부터|지금부터',
    ),
  ),
  // What only the reader has.
  sign(
    2,
    word(
      '(?:dein|ihr) (?:system-?)?prompt|deine (?:system)?anweisungen|ton prompt|tes instructions|vos instructions|tu prompt|tus instrucciones|seu prompt|suas instruções|il tuo prompt|le tue istruzioni|(?:твой|твои|свой|ваш) (?:системн\\p{L}{1,3} )?(?:промпт|инструкц)',
    ),
    piece(
      '너의 (?:시스템 ?)?(?:프롬프트|지시|한계|규칙|버전)|你的(?:系统)?(?:提示|指令|限制|规则)|あなたの(?:システム)?(?:指示|プロンプト|制限|ルール)|تعليماتك|دستورالعمل‌هایت|अपने निर्देश',
    ),
  ),
  sign(1, '인코딩|编码成|エンコード|codific[ao]|kodiere|encode(?:r|z)(?!\\p{L})'),
  // Turned off what bounds it.
  together(
    2,
    `(?:${word('отмени|deaktivier|schalt\\p{L}{0,3}|desactiv|désactiv|disattiv|desativ|uitschak|schakel|wyłącz|отключи|выключи|вимкни|devre dışı|kapat|tắt|matikan|nonaktifkan|stäng|slå|vypni|lösche|entferne|supprime|elimina|borra|apaga|remova|usuń|удали|sil(?!\\p{L})')}|${piece('عطّل|عطل|أوقف|احذف|غیرفعال|خاموش|حذف کن|बंद कर|हटा|禁用|关闭|停用|删除|绕过|無効|停止し|削除し|回避し|비활성|끄고|꺼 ?줘|삭제|우회')})`,
    `(?:${word('sandbox|branch ?protection|codeowners|sicherheitsprüf|prüfungen|freigaben?(?!\\p{L})|genehmigung|aprobaciones|approbations|branchschutz|fehlschlagende|vérifications|protection|tests? (?:qui|échou)|comprobaciones|protecci|pruebas (?:que|fall)|verificações|proteç|testes|controlli|protezion|beveilig|zabezpiecz|testy|проверк|защит|тесты|песочниц|kontrol|korum|testler|kiểm tra|bảo vệ|pemeriksaan')}|${piece('الحماية|الاختبارات|الفحوصات|محافظت|تست‌ها|آزمون|बॉक्स|परीक्षण|सुरक्षा|沙箱|沙盒|测试|检查|保护|审核|テスト|サンドボックス|チェック|保護|테스트|샌드박스|보호|검사')})`,
  ),
];
