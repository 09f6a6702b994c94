"""Names of places and of families, which tell where the name of an organisation ends and a person's begins."""

from eval.rules.line import Phrases, listed, vocabulary

PROVINCES = listed("""
An Giang, Bà Rịa - Vũng Tàu, Bà Rịa-Vũng Tàu, Bà Rịa, Vũng Tàu, Bạc Liêu, Bắc Giang, Bắc Kạn, Bắc Cạn, Bắc Ninh
Bến Tre, Bình Dương, Bình Định, Bình Phước, Bình Thuận, Cà Mau, Cao Bằng, Cần Thơ, Đà Nẵng, Đắk Lắk, Đắc Lắc
Đăk Lăk, Đắk Nông, Đắc Nông, Đăk Nông, Điện Biên, Đồng Nai, Đồng Tháp, Gia Lai, Hà Giang, Hà Nam, Hà Nội, Hà Tĩnh
Hải Dương, Hải Phòng, Hậu Giang, Hòa Bình, Hưng Yên, Khánh Hòa, Kiên Giang, Kon Tum, Lai Châu, Lạng Sơn, Lào Cai
Lâm Đồng, Long An, Nam Định, Nghệ An, Ninh Bình, Ninh Thuận, Phú Thọ, Phú Yên, Quảng Bình, Quảng Nam, Quảng Ngãi
Quảng Ninh, Quảng Trị, Sóc Trăng, Sơn La, Tây Ninh, Thái Bình, Thái Nguyên, Thanh Hóa, Thừa Thiên Huế
Thừa Thiên - Huế, Thừa Thiên-Huế, Huế, Tiền Giang, Hồ Chí Minh, HCM, Trà Vinh, Tuyên Quang, Vĩnh Long, Vĩnh Phúc
Yên Bái, Hà Tây, Sài Gòn, Nam Hà, Hà Bắc, Sông Bé, Minh Hải, Hải Hưng, Bắc Thái, Nghệ Tĩnh, Bình Trị Thiên
Thuận Hải, Hoàng Liên Sơn
""")

DISTRICTS = listed("""
Ba Đình, Hoàn Kiếm, Tây Hồ, Long Biên, Cầu Giấy, Đống Đa, Hai Bà Trưng, Hoàng Mai, Thanh Xuân, Hà Đông, Bắc Từ Liêm
Nam Từ Liêm, Từ Liêm, Sóc Sơn, Đông Anh, Gia Lâm, Thanh Trì, Mê Linh, Sơn Tây, Ba Vì, Phúc Thọ, Đan Phượng, Hoài Đức
Quốc Oai, Thạch Thất, Chương Mỹ, Thanh Oai, Thường Tín, Phú Xuyên, Ứng Hòa, Mỹ Đức, Thủ Đức, Bình Thạnh, Gò Vấp
Phú Nhuận, Tân Bình, Tân Phú, Bình Tân, Củ Chi, Hóc Môn, Bình Chánh, Nhà Bè, Cần Giờ, Hồng Bàng, Ngô Quyền, Lê Chân
Hải An, Kiến An, Đồ Sơn, Dương Kinh, Thủy Nguyên, An Dương, An Lão, Kiến Thụy, Tiên Lãng, Vĩnh Bảo, Cát Hải
Hải Châu, Thanh Khê, Sơn Trà, Ngũ Hành Sơn, Liên Chiểu, Cẩm Lệ, Hòa Vang, Ninh Kiều, Ô Môn, Bình Thủy, Cái Răng
Thốt Nốt, Vĩnh Thạnh, Cờ Đỏ, Phong Điền, Thới Lai, Hạ Long, Cẩm Phả, Uông Bí, Móng Cái, Đông Triều, Quảng Yên
Vân Đồn, Cô Tô, Bạch Long Vĩ, Hoàng Sa, Trường Sa, Phú Quốc, Côn Đảo, Lý Sơn, Phú Quý, Việt Trì, Nha Trang, Cam Ranh
Đà Lạt, Bảo Lộc, Buôn Ma Thuột, Pleiku, Quy Nhơn, Tam Kỳ, Hội An, Điện Bàn, Đông Hà, Vinh, Cửa Lò, Sầm Sơn, Bỉm Sơn
Nghi Sơn, Tam Điệp, Phủ Lý, Biên Hòa, Long Khánh, Thủ Dầu Một, Dĩ An, Thuận An, Bến Cát, Tân Uyên, Mỹ Tho, Cao Lãnh
Sa Đéc, Long Xuyên, Châu Đốc, Rạch Giá, Hà Tiên, Tuy Hòa, Phan Thiết, Phan Rang, Đồng Hới, Sông Công, Phổ Yên
Từ Sơn, Chí Linh, Kinh Môn, Phúc Yên, Vĩnh Yên, Sa Pa, Nghĩa Lộ, Mường Lay, Gia Nghĩa, An Khê, Ayun Pa, Buôn Hồ
Thạch Hà, Kỳ Anh, Cẩm Xuyên, Hương Khê, Hương Sơn, Đức Thọ, Can Lộc, Nghi Xuân, Vũ Quang, Lộc Hà, Hồng Lĩnh
Quảng Xương, Thọ Xuân, Hoằng Hóa, Hậu Lộc, Nga Sơn, Nông Cống, Triệu Sơn, Yên Định, Thiệu Hóa, Vĩnh Lộc, Hà Trung
Cẩm Thủy, Bá Thước, Quan Hóa, Quan Sơn, Mường Lát, Lang Chánh, Ngọc Lặc, Như Xuân, Như Thanh, Thường Xuân, Nam Đàn
Hưng Nguyên, Nghi Lộc, Diễn Châu, Quỳnh Lưu, Yên Thành, Đô Lương, Thanh Chương, Anh Sơn, Con Cuông, Tương Dương
Kỳ Sơn, Quế Phong, Quỳ Châu, Quỳ Hợp, Nghĩa Đàn, Tân Kỳ, Giồng Trôm, Ba Tri, Mỏ Cày, Châu Thành, Cái Bè, Cai Lậy
Gò Công, Chợ Gạo, Đầm Dơi, Năm Căn, Ngọc Hiển, Cái Nước, Trần Văn Thời, Thới Bình, U Minh, Bắc Hà, Mường Khương
Bát Xát, Si Ma Cai, Văn Bàn, Mù Cang Chải, Trạm Tấu, Lục Yên, Đồng Văn, Mèo Vạc, Hoàng Su Phì, Lâm Bình, Na Hang
Chiêm Hóa, Hàm Yên, Sơn Dương, Yên Sơn, Đại Từ, Định Hóa, Võ Nhai, Phú Lương, Đồng Hỷ, Phú Bình
""")

ABROAD = listed("""
Việt Nam, VN, Lào, Campuchia, Trung Quốc, Thái Lan, Myanmar, Malaysia, Singapore, Indonesia, Philippines, Brunei
Đông Timor, Timor-Leste, Nhật Bản, Nhật, Hàn Quốc, Triều Tiên, Mông Cổ, Đài Loan, Hồng Kông, Ấn Độ, Pakistan
Bangladesh, Sri Lanka, Nepal, Afghanistan, Iran, Iraq, Syria, Israel, Palestine, Liban, Jordan, Ả Rập Xê Út
Saudi Arabia, Qatar, UAE, Kuwait, Yemen, Thổ Nhĩ Kỳ, Kazakhstan, Uzbekistan, Nga, Liên bang Nga, Liên Xô, Ukraine
Ukraina, Belarus, Ba Lan, Séc, Slovakia, Hungary, Romania, Bulgaria, Serbia, Hy Lạp, Italia, Italy, Ý, Tây Ban Nha
Bồ Đào Nha, Pháp, Đức, Áo, Thụy Sĩ, Thụy Sỹ, Hà Lan, Bỉ, Luxembourg, Anh, Vương quốc Anh, Ireland, Đan Mạch
Thụy Điển, Na Uy, Phần Lan, Iceland, Estonia, Latvia, Litva, Mỹ, Hoa Kỳ, Canada, Mexico, Cuba, Dominica, Haiti
Panama, Colombia, Venezuela, Brazil, Argentina, Chile, Peru, Bolivia, Uruguay, Paraguay, Ecuador, Nicaragua
Australia, Úc, New Zealand, Ai Cập, Nam Phi, Nigeria, Algeria, Maroc, Libya, Sudan, Ethiopia, Kenya, Angola
Mozambique, Tanzania, Bắc Kinh, Thượng Hải, Tokyo, Seoul, Bình Nhưỡng, Bangkok, Viêng Chăn, Vientiane, Phnom Penh
Moscow, Mátxcơva, Moskva, Washington, New York, Paris, London, Berlin, Geneva, Brussels, Kiev, Kyiv, La Habana
châu Âu, châu Á, châu Phi, EU, CHDCND Lào, CHXHCN Việt Nam, Cộng hòa Dominica, Cộng hòa Séc, CHDCND Triều Tiên
Cộng hòa xã hội chủ nghĩa Việt Nam, Cộng hòa dân chủ nhân dân Lào, Cộng hòa Pháp, Cộng hòa Liên bang Đức, Hồ Tây
Biển Đông, Cộng hòa Hồi giáo Iran, Cộng hòa Nhân dân Trung Hoa, Đông Nam Á, Thái Bình Dương, Crimea, Donetsk
""")

PLACES = Phrases([*PROVINCES, *DISTRICTS, *ABROAD])
COUNTRIES = Phrases(ABROAD)

# Written with a dot or not ("TP. Hà Nội", "TP.HCM"); the dot is a word of its own.
LEVELS = Phrases(
    listed("""
tỉnh, thành phố, tp, tp., thị xã, tx, tx., quận, q., huyện, phường, p., xã, thị trấn, đặc khu, thôn, bản, ấp
tổ dân phố, nước, thủ đô, vùng, khu vực, liên bang, cộng hòa, vương quốc
""")
)

# What a name behind them is the name of, when it isn't a person's.
THINGS = Phrases(
    listed("""
đường, phố, ngõ, đại lộ, quốc lộ, tỉnh lộ, cầu, chợ, sông, núi, hồ, biển, đảo, quần đảo, vịnh, đèo, suối, thác
cửa khẩu, cảng, sân bay, ga, bến xe, công viên, quảng trường, tượng đài, lăng, đền, chùa, đình, miếu, nhà thờ
thánh địa, khu, khu phố, khu công nghiệp, khu đô thị, khu di tích, khu du lịch, khu lưu niệm, di tích, nghĩa trang
nhà tù, trại giam, trường, trường thpt, trường thcs, trường tiểu học, thpt, thcs, bảo tàng, thư viện, rạp, nhà hát
khách sạn, tòa nhà, chung cư, giải, giải thưởng, cúp, huân chương, huy chương, học bổng, phim, bài hát, vở, ca khúc
chiến dịch, đường mòn, phong trào, quỹ, không gian văn hóa, sáng tạo, làng, buôn, xóm, đội, dốc, mũi, đầm, rừng
vườn, cao tốc, tuyến, dự án, thủy điện, nhà máy, mỏ, siêu bão, bão, tàu, xe, chi bộ, trung tâm, công ty
doanh nghiệp, tập đoàn, ngân hàng, bệnh viện, đại học, học viện
""")
)

FAMILIES = vocabulary("""
nguyễn trần lê phạm hoàng huỳnh phan vũ võ đặng bùi đỗ hồ ngô dương lý an âu bạch bành biện bồ ca cái cao cầm chu
chung chử châu cù cung cấn danh diệp doãn đàm đào đậu điêu điểu đinh đoàn đồng đới giang giàng giáp hà hạ hàn hàng
hầu hứa kiều kim khổng khúc khương kpă ksor la lã lại lâm lầu liêu lò lục lư lữ lương lường lưu ma mã mạc mạch mai
mẫn mông nghiêm ngọ ngụy nhâm nhữ nhan niê ninh nông ngân ông phí phó phù phùng phương quách quan quàng sầm sơn sùng
tạ tăng tập tất tiêu tòng tô tôn tống thạch thái thẩm thào thân thích thiều triệu trịnh trương từ tưởng tề ung uông
vàng văn vi viên vương vừ xa y yên
""")

LARGE_FAMILIES = vocabulary("nguyễn trần lê phạm hoàng huỳnh phan vũ võ đặng bùi đỗ hồ ngô dương lý đinh trương")

COMMON_FAMILIES = vocabulary("""
nguyễn trần lê phạm hoàng huỳnh phan vũ võ đặng bùi đỗ hồ ngô dương lý cao chu đàm đào đinh đoàn hà hứa kiều lâm
lương lưu mai nghiêm phùng quách tạ tăng tô tôn tống thái triệu trịnh trương từ vương châu chử diệp doãn lại mạc
thạch tất tập văn vi bạch đậu giàng lò quàng điểu niê nông
""")
