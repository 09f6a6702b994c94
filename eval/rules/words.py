"""Word lists of organisations: how their names begin, and what stands inside them.

Blocks of phrases parted by commas; a comma inside a phrase is written `;`.
"""

PLAIN = """
UBTVQH, Hội đồng Dân tộc
"""
"""Names that take nothing behind them."""

ALONE = """
UBND, HĐND, UBMTTQ, UB MTTQ, MTTQ, BHXH, HĐQT, TAND, VKSND, VKS, LĐLĐ, TLĐLĐ, ĐBQH, UBKT, BCH, BTV, BCHTW
ủy ban nhân dân, hội đồng nhân dân, ủy ban mặt trận tổ quốc, mặt trận tổ quốc, ủy ban MTTQ, ủy ban hành chính
quận ủy, thành ủy, tỉnh ủy, huyện ủy, thị ủy, đảng ủy, khu ủy, quân ủy, liên chi ủy, ban cán sự đảng, đảng đoàn
bộ chính trị, ban bí thư, ban chấp hành, ban thường vụ, ủy ban thường vụ, thường vụ, hội đồng quản trị
hội đồng thành viên, hội đồng trường, hội đồng đại học, ban giám hiệu, ban giám đốc, ban kiểm soát
hội đồng bầu cử quốc gia, ủy ban bầu cử, ban bầu cử, hội đồng giải thưởng, hội đồng chung khảo, hội đồng sơ khảo
viện kiểm sát, viện kiểm sát nhân dân, tòa án nhân dân, công an nhân dân, quân đội nhân dân, hội đồng bộ trưởng
đại hội đồng, đoàn chủ tịch, duma quốc gia, điện kremlin, nhà trắng, lầu năm góc, ban đại diện cha mẹ học sinh
ban đại diện cha mẹ, mặt trận tổ quốc việt nam, thông tấn xã, liên hợp quốc, liên hiệp quốc, hội đồng bảo an
văn phòng chính phủ, ngân hàng nhà nước, kiểm toán nhà nước, thanh tra chính phủ, kho bạc nhà nước, ủy ban kiểm tra
cơ quan cảnh sát điều tra, cơ quan an ninh điều tra, cơ quan điều tra hình sự, quân đội nhân dân việt nam
đảng cộng sản, đảng nhân dân cách mạng, đảng xã hội, đảng xã hội dân chủ, đảng bảo thủ, đảng tự do
đảng dân chủ xã hội, đảng nhân dân, đảng dân chủ, đảng cộng hòa, đảng lao động, đoàn thanh niên cộng sản, đoàn TNCS
đoàn thanh niên, tỉnh đoàn, thành đoàn, quận đoàn, huyện đoàn, đoàn ĐBQH, đoàn đại biểu quốc hội
hội liên hiệp phụ nữ, hội LHPN, hội nông dân, hội cựu chiến binh, hội CCB, hội chữ thập đỏ, liên đoàn lao động
tổng liên đoàn lao động, cảnh sát biển, bộ đội biên phòng, hội nhà báo, ủy ban trung ương mặt trận tổ quốc
ủy ban trung ương MTTQ, giáo hội phật giáo, tòa án tối cao, tổng cục thống kê, tổng cục chính trị, bộ tổng tham mưu
hội khuyến học, hội nhà văn, hội luật gia, liên đoàn luật sư, hội người cao tuổi
"""
"""Heads that are a name by themselves, in capitals or small letters."""

CAPITAL = """
Trung ương Đảng, bảo hiểm xã hội, Ban chỉ đạo, Ban tổ chức, Ban quản lý, Ban thư ký, Tòa án, Trung ương Đoàn
Trung ương Hội, Đảng bộ, Bộ, Sở, Cục, Vụ, Tổng cục, Công an, Quân đội, Chi cục, Học viện, TW Đảng, TƯ Đảng, Hội đồng
Ban
"""
"""Heads that are a name by themselves only when they are written with a capital."""

PARTY = """
Đảng, Trung ương
"""
"""Names that need a capital and take nothing behind them."""

ABROAD_ONLY = """
Chính phủ, Nhà nước, Quốc hội, Hạ viện, Thượng viện, Nghị viện, Đại sứ quán, Lãnh sự quán, Tổng lãnh sự quán
"""
"""Heads that take a country and nothing else, and stand alone only with a capital."""

NAMED = """
bộ, sở, cục, vụ, ban, phòng, viện, tổng cục, chi cục, trung tâm, văn phòng, thanh tra, kiểm toán, ủy ban, UB
hội đồng, hội, hiệp hội, liên hiệp, liên minh, liên đoàn, LĐBĐ, liên hiệp các hội, công đoàn, đoàn, đảng bộ
chi bộ cơ quan, công ty, công ty cổ phần, công ty TNHH, CTCP, tổng công ty, tập đoàn, xí nghiệp, nhà máy, hợp tác xã
HTX, ngân hàng, ngân hàng TMCP, quỹ, trường, trường đại học, trường cao đẳng, trường THPT, trường THCS
trường tiểu học, trường TH, trường mầm non, trường TH&THCS, trường trung học phổ thông, trường trung học cơ sở
trường chính trị, trường PTDT nội trú, học viện, đại học, ĐH, cao đẳng, CĐ, khoa, bệnh viện, BV, bệnh viện đa khoa
trạm y tế, trung tâm y tế, báo, báo điện tử, tạp chí, đài, đài truyền hình, đài phát thanh, đài PTTH
đài phát thanh và truyền hình, đài PT-TH, cổng thông tin điện tử, trang thông tin điện tử, hãng tin, hãng thông tấn
thông tấn xã, nhà xuất bản, NXB, tòa án, tòa án quân sự, tòa, TAND, viện kiểm sát, công an, cảnh sát, cảnh sát PCCC
công an phường, công an xã, quân khu, quân đoàn, quân chủng, binh chủng, binh đoàn, sư đoàn, lữ đoàn, trung đoàn
tiểu đoàn, đại đội, hải đội, bộ tư lệnh, bộ chỉ huy quân sự, bộ CHQS, ban CHQS, ban chỉ huy quân sự, bộ chỉ huy
bộ chỉ huy bộ đội biên phòng, đồn biên phòng, đội, đội cảnh sát, tổ, hạt kiểm lâm, chi nhánh, phân viện, bảo tàng
thư viện, nhà hát, bưu điện, ban quản lý, ban QLDA, BQL, ban quản lý dự án, ban chỉ đạo, BCĐ, ban tổ chức, BTC
ban tuyên giáo, ban dân vận, ban nội chính, ban kinh tế, ban thư ký, ban pháp chế, ban dân tộc, ban đối ngoại
ban kiểm tra, ban hoằng pháp, ĐSQ, câu lạc bộ, CLB, cụm thi đua, khối thi đua, công viên phần mềm, khu công nghệ cao
cơ quan điều tra, tiểu ban, phân ban, quân ủy, hội đồng khoa học, thẩm mỹ viện, phòng khám, trạm, nhóm, cảng vụ
kho bạc, điện lực, tổng hội, giáo hội, thường trực, văn phòng đăng ký đất đai, hội đồng nghĩa vụ quân sự
nhà văn hóa, cung văn hóa, ủy ban bầu cử, hội đồng thẩm định
"""
"""Heads that need something behind them to be a name."""

LAST = """
nhân dân, tối cao, cấp cao, cấp cao tại, trung ương, TW, TƯ, việt nam, quốc gia, nhà nước, cộng sản, khối
"""
"""Small words that names end in or go on with."""

TYPES = """
cổ phần, CP, TNHH, MTV, TMCP, TM, một thành viên, hai thành viên, đầu tư, xây dựng, thương mại, dịch vụ, sản xuất
phát triển, xuất nhập khẩu, kinh doanh, bất động sản, du lịch, vận tải, khai thác, tư vấn, thiết kế, chế biến
quản lý, tiểu học, trung học, trung học phổ thông, trung học cơ sở, mầm non, đại học, cao đẳng, trung cấp, phổ thông
chuyên, THPT, THCS, TH, PTDT, dân tộc nội trú, năng khiếu, quốc tế, đa khoa, chi nhánh, số, sư phạm, bách khoa
tổng hợp, khoa học tự nhiên, khoa học xã hội và nhân văn, kinh tế quốc dân, cấp nước, thoát nước, môi trường đô thị
công ích, phân bón, xăng dầu, xây lắp, điện lực, chứng khoán, bảo hiểm, truyền hình, tiếng nói, phát thanh
chính trị, xổ số, kiến thiết, viễn thông, bưu chính, hàng không, hàng hải, đường sắt, đóng tàu, lương thực, cao su
cà phê, than, khoáng sản, hóa chất, dệt may, giấy, thép, gang thép, xi măng, sữa, thuốc lá, dược, trực thăng
nghiên cứu, đào tạo
"""
"""Small words inside the names of firms, schools and the like."""

FIELDS = """
nội vụ, ngoại giao, quốc phòng, công an, tư pháp, tài chính, kế hoạch và đầu tư, kế hoạch đầu tư, kế hoạch - đầu tư
công thương, nông nghiệp và phát triển nông thôn, nông nghiệp và môi trường, nông nghiệp, giao thông vận tải
xây dựng, giao thông, tài nguyên và môi trường, tài nguyên môi trường, tài nguyên & môi trường
thông tin và truyền thông, thông tin truyền thông, lao động - thương binh và xã hội, lao động thương binh và xã hội
lao động; thương binh và xã hội, lao động; thương binh & xã hội, lao động - thương binh & xã hội
lao động - thương binh - xã hội, lao động, văn hóa; thể thao và du lịch, văn hóa - thể thao và du lịch
văn hóa và thể thao, văn hóa - thể thao, văn hóa, văn hóa - thông tin, văn hóa và thông tin, thể thao, du lịch
khoa học và công nghệ, khoa học & công nghệ, khoa học công nghệ, khoa học - công nghệ, giáo dục và đào tạo
giáo dục & đào tạo, giáo dục - đào tạo, giáo dục đào tạo, giáo dục, đào tạo, y tế, dân tộc và tôn giáo, dân tộc
tôn giáo, quy hoạch - kiến trúc, quy hoạch kiến trúc, quy hoạch và kiến trúc, ngoại vụ, thương mại, công nghiệp
thủy sản, tài chính - kế hoạch, tài chính kế hoạch, GTVT, GD&ĐT, GD-ĐT, GDĐT, GD và ĐT, LĐ-TB&XH, LĐTB&XH, LĐ-TB-XH
LĐTBXH, LĐ-TBXH, LĐ;TB&XH, TN&MT, TN-MT, TNMT, TT&TT, TT-TT, TTTT, VH-TT&DL, VHTT&DL, VHTTDL, VH&TT, VHTT, VH-TT
KH&CN, KHCN, KH-CN, KH&ĐT, KHĐT, KH-ĐT, NN&PTNT, NN-PTNT, NN PTNT, NNPTNT, NN&MT, NN-MT, QH-KT, QHKT, CSGT, CSĐT
PCCC, PC, TDTT, CHQS, XD, TC, NV, YT, QLDA, QLTT, VHTT và DL, tuyên giáo, tổ chức, dân vận, kiểm tra, nội chính
đối ngoại, kinh tế, tuyên giáo và dân vận, tổ chức - nội vụ, pháp chế, kinh tế - ngân sách, kinh tế ngân sách
văn hóa - xã hội, văn hóa xã hội, đô thị, quản lý đô thị, thanh tra, tổ chức cán bộ, cán bộ, tài chính - ngân sách
tư pháp - hộ tịch, quản lý thị trường, thuế, hải quan, thống kê, kho bạc, dự trữ nhà nước, chứng khoán nhà nước
quản lý giá, hàng không, hàng hải, đường sắt, đường bộ, đường thủy nội địa, đăng kiểm, điện lực, năng lượng
hóa chất, xuất nhập khẩu, phòng vệ thương mại, cạnh tranh, sở hữu trí tuệ, tiêu chuẩn đo lường chất lượng
tiêu chuẩn - đo lường - chất lượng, báo chí, xuất bản, phát thanh; truyền hình, thú y, chăn nuôi, trồng trọt
bảo vệ thực vật, lâm nghiệp, kiểm lâm, thủy lợi, phòng; chống thiên tai, phòng chống thiên tai, phòng chống lụt bão
an toàn thực phẩm, quản lý dược, khám chữa bệnh, quản lý khám; chữa bệnh, y tế dự phòng, phòng bệnh
quản lý môi trường y tế, bảo trợ xã hội, người có công, việc làm, trẻ em, giáo dục nghề nghiệp, di sản văn hóa
nghệ thuật biểu diễn, điện ảnh, bản quyền tác giả, hợp tác quốc tế, quan hệ quốc tế, pháp luật, lễ tân, lãnh sự
báo chí và xuất bản, hộ tịch; quốc tịch; chứng thực, thi hành án dân sự, thi hành án, trợ giúp pháp lý
bổ trợ tư pháp, cảnh sát giao thông, cảnh sát hình sự, cảnh sát kinh tế, cảnh sát môi trường, cảnh sát điều tra
cảnh sát cơ động, cảnh sát quản lý hành chính về trật tự xã hội, an ninh mạng, an ninh kinh tế
an ninh chính trị nội bộ, an ninh nội địa, an ninh điều tra, xuất nhập cảnh, quản lý xuất nhập cảnh, tham mưu
hậu cần, kỹ thuật, chính trị, tác chiến, quân lực, điều tra hình sự, cứu hộ - cứu nạn, cứu hộ cứu nạn
tìm kiếm cứu nạn, biên phòng, bộ đội biên phòng, công binh, hải quân, phòng không - không quân, PK-KQ, quân sự
đặc công, pháo binh, thông tin liên lạc, tăng thiết giáp, hóa học, mặt trận tổ quốc, bầu cử
bảo vệ chăm sóc sức khỏe cán bộ, bảo vệ; chăm sóc sức khỏe, quản lý dự án, quản lý đất đai
quản lý vốn nhà nước tại doanh nghiệp, giám sát tài chính quốc gia, quản lý khu kinh tế, quản lý khu công nghiệp
chuyển đổi số, công nghệ thông tin, viễn thông, tần số vô tuyến điện, phục vụ hành chính công, hành chính công
xúc tiến đầu tư, xúc tiến thương mại, văn hóa nghệ thuật, nghệ thuật, khuyến nông, giống cây trồng, dịch vụ việc làm
đăng ký đất đai, phát triển quỹ đất, kiểm soát bệnh tật, dân số, giám định y khoa, pháp y, cấp cứu, truyền máu
thanh niên, phụ nữ, nông dân, cựu chiến binh, chữ thập đỏ, người cao tuổi, nhà báo, nhà văn, luật gia, doanh nhân
doanh nghiệp, đông y, châm cứu, sinh viên, học sinh, thanh niên xung phong, cựu TNXP, TNXP, TNCS, LHPN, LHTN, CCB
liên hiệp phụ nữ, liên hiệp thanh niên, khuyến học, làm vườn, sinh vật cảnh, người khuyết tật
nạn nhân chất độc da cam, thầy thuốc trẻ, chính sách, chính sách xã hội, khoa học, tự nhiên, bách khoa, tổng hợp
ngoại thương, ngoại ngữ, luật, kinh tế quốc dân, sư phạm, y dược, y dược học dân tộc, dược, mỹ thuật, âm nhạc
kiến trúc, mỏ - địa chất, hành chính quốc gia, chính trị quốc gia, kỹ thuật quân sự, quân y, an ninh nhân dân
cảnh sát nhân dân, tài chính quân đội, nghiên cứu, nghiên cứu phát triển, nghiên cứu khoa học
nghiên cứu và phát triển, quy hoạch xây dựng, quy hoạch, đo lường, phòng; chống tham nhũng, phòng chống tham nhũng
chống tham nhũng, phòng; chống dịch, phòng chống dịch, phòng; chống dịch Covid-19, phòng chống dịch Covid-19
phòng; chống tội phạm, phòng; chống ma túy, an toàn giao thông, xây dựng nông thôn mới, nông thôn mới
giải phóng mặt bằng, bồi thường giải phóng mặt bằng, đổi mới doanh nghiệp, cải cách hành chính, cải cách tư pháp
cải cách tiền lương, biên giới quốc gia, biển đảo, người Việt Nam ở nước ngoài, cơ yếu, lịch sử, di tích
hội nghề nghiệp, khoa học và kỹ thuật, văn học nghệ thuật, hữu nghị, kinh tế trung ương, hòa bình, hợp tác
hợp tác xã, môi trường, đầu tư và phát triển, quân đội, kỹ thương, bưu điện, thương tín
nông nghiệp và phát triển nông thôn Việt Nam, đầu tư nước ngoài, đấu thầu, quản lý nợ, ngân sách nhà nước
hành chính, quản trị, hành chính - quản trị, tổ chức - hành chính, kế toán, đối ngoại nhân dân, dân nguyện, dân chủ
pháp luật và tư pháp, khoa học; công nghệ và môi trường, văn hóa; giáo dục, xã hội, văn hóa và xã hội
quốc phòng và an ninh, quốc phòng; an ninh và đối ngoại, kinh tế và tài chính, công tác đại biểu, tôn giáo chính phủ
thi đua - khen thưởng, thi đua khen thưởng, văn thư lưu trữ, tiếp công dân, tiếp công dân trung ương
y học cổ truyền, nhi, phụ sản, mắt, tim
"""
"""What offices are for, as their names have it."""

INNER = """
lý giá học trường nước trị sự nghiệp chức tế hóa thông tải vụ giao hội án sát tra chính pháp tài sản xuất khẩu lượng
nguyên liệu điện lực dựng thống kê hoạch tư thương mại công nghệ thuật đất đai rừng biển đảo cháy chữa nạn cứu hộ
khỏe sinh viên dân tộc phát triển vận hành bảo vệ hiểm y dược bướu máu nhi sách báo chí bản truyền hình thanh niên
lao động tổng hợp mềm cao đường sắt bộ không thủy bay số hạ tầng kỹ trúc đô thị thôn nông lâm ngư môi
"""
"""Small syllables that go on a capitalised word inside a name."""

BEFORE_LOWER = """
của tại ở và do từ với cho theo trong là thuộc về đến tới vào cùng ( ,
- " “ : ; . / | trưởng phó chánh đốc tịch nhiệm viên thư
thì mà khi được bị các hai nhân sự diện phía đạo gồm như trên qua sang rời vị ủy kiêm thay lập giữa tờ trang để ngoài
"""
"""What stands before a head of one small syllable that is a word of its own, not the end of another ("cơ sở")."""

NAMED_AFTER = """
trường, trường đại học, trường cao đẳng, trường THPT, trường THCS, trường tiểu học, trường TH, trường mầm non
đại học, ĐH, trường TH&THCS, trường trung học phổ thông, trường trung học cơ sở, trường chính trị, bệnh viện, BV
quỹ, bảo tàng, học viện, viện, nhà xuất bản, CLB, câu lạc bộ, trung tâm, công ty, nhà văn hóa, thư viện, nhà hát
phòng khám
"""
"""Heads whose names begin with a person's as often as not."""

AFTER_BARE = """
và đã đang sẽ có còn cũng trong về để với cho tại theo là nhiệm thì mà vừa phải cần luôn như do từ khi được bị này ta
nhằm đến trên không yêu đề chưa cùng hoặc , . ; ) : ? ! ” " …
"""
"""What stands behind a head of one syllable that is a name by itself."""

KNOWN = """
TTXVN, VTV, VTV1, VTV3, VOV, VOV online, VTC, HTV, ANTV, VGP, VNA, EVN, PVN, VNPT, Viettel, MobiFone, VinaPhone
Vinaphone, FPT, BIDV, Vietcombank, VietinBank, Vietinbank, Agribank, MBBank, Techcombank, VPBank, Sacombank, SHB
ACB, Vingroup, VinFast, Vinamilk, Vinacomin, TKV, Vinatex, Vinataba, Petrolimex, PetroVietnam, Vietnam Airlines
Vietjet, VietJet, Vietjet Air, Bamboo Airways, Pacific Airlines, Vinashin, Vinalines, ACV, VEC, VAMC, SCIC, HOSE
HNX, VCCI, VAFI, HoREA, VASEP, VFF, VPF, VOC, ASEAN, EU, LHQ, WTO, WHO, WB, IMF, ADB, UNDP, UNICEF, UNESCO, UNFPA
FAO, ILO, IAEA, INTERPOL, Interpol, NATO, OPEC, APEC, G7, G20, BRICS, OECD, FIFA, AFC, IOC, OCA, AFP, AP, Reuters
BBC, CNN, NHK, KBS, CCTV, Xinhua, Tân Hoa Xã, Tass, TASS, RIA Novosti, RT, Sputnik, Bloomberg, Yonhap, Kyodo, Getty
FBI, CIA, NASA, USAID, JICA, KOICA, IATA, ICAO, VnExpress, VietNamNet, Vietnamnet, VietnamPlus, Vietnam+, Dân trí
Tuổi Trẻ, Tuổi Trẻ Online, Tiền Phong, CafeF, Infonet, Zing, Zing.vn, VTV.vn, Lầu Năm Góc, Nhà Trắng, Google
Facebook, Apple, Microsoft, Samsung, LG, Intel, Toyota, Formosa, TGVN, VietnamNet, Hamas, Taliban, Hezbollah, UMNO
MIU, QTSC, HĐKTNN, T&T Group, FLC, Sun Group, Hòa Phát, Masan, Novaland, VPĐKĐĐ, CAND, QĐND, Viglacera, Vinaconex
Lilama, Sabeco, Habeco, SJC, VinSmart, Shopee, Grab, ĐSVN, VNR, PVGas, PV Power, BSR, ĐHQGHN, ĐHQG TP.HCM
ĐHQG Hà Nội, UEH, VNU, VUSTA, VPCP, UBCKNN, UBTVQH, BCĐ 389, ISIS, ECB, FED, Fed, WEF, ESCAP
"""
"""Names that stand for themselves; they need their capitals."""

SKIPPED = """
Bắc Bộ, Nam Bộ, Trung Bộ, Nam Trung Bộ, Bắc Trung Bộ, Đông Nam Bộ, Tây Nam Bộ, đảng viên, đảng phí, hội nghị
hội thảo, hội trường, hội viên, hội đàm, hội nhập, hội chợ, ban hành, ban ngành, ban đầu, bộ máy, bộ phận, bộ luật
bộ tiêu chí, bộ ngành, bộ đội cụ hồ, cục diện, cục bộ, vụ việc, vụ án, phòng chống, phòng; chống, phòng ngừa
phòng ban, viện trợ, viện phí, sở hữu, sở tại, sở ngành, sở; ngành, bộ; ngành, ban; ngành, báo cáo, báo chí, quỹ đất
đội ngũ, trường hợp, trường quốc gia, đoàn công tác, đoàn kết, đoàn viên, đoàn kiểm tra, đoàn giám sát
hội đồng nhân dân các cấp ủy, công an viên, trung ương cục, Đài Loan, đảng cầm quyền, đảng đối lập
nhà nước pháp quyền, khoa học, khoa giáo, phòng họp, phòng bệnh, hội kiến, đoàn thể, đoàn người, tòa nhà, tổ quốc
tổ dân phố, tổ công tác, tổ trưởng, tổ phó, hãng xe, tổ chuyên gia, tổ chuyên viên, đội trưởng, đội phó, báo động
báo hiếu, đảng bộ cơ sở, tòa soạn, bộ đội, ban nhạc, vụ mùa, cục trưởng, cục phó, vụ trưởng, vụ phó, bộ trưởng
sở thích, hội chứng, hội họa, đoàn xe, ban mai, viện dẫn, viện sĩ, phòng thủ, phòng vé, phòng trào
phòng không nhân dân
"""
"""What looks like the beginning of a name and isn't."""
