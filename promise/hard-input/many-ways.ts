// A switch of 400 arms, a chain of 400 `else if` and one of 400 `&&`: one of them moves a value that is used later.
// refused by: check F0382, run MovedError
import { move, thread } from 'fearless'

async function run(n: number): Promise<number> {
  const list = [n]
  switch (n) {
    case 0:
      list.push(0)
      break
    case 1:
      list.push(1)
      break
    case 2:
      list.push(2)
      break
    case 3:
      list.push(3)
      break
    case 4:
      list.push(4)
      break
    case 5:
      list.push(5)
      break
    case 6:
      list.push(6)
      break
    case 7:
      list.push(7)
      break
    case 8:
      list.push(8)
      break
    case 9:
      list.push(9)
      break
    case 10:
      list.push(10)
      break
    case 11:
      list.push(11)
      break
    case 12:
      list.push(12)
      break
    case 13:
      list.push(13)
      break
    case 14:
      list.push(14)
      break
    case 15:
      list.push(15)
      break
    case 16:
      list.push(16)
      break
    case 17:
      list.push(17)
      break
    case 18:
      list.push(18)
      break
    case 19:
      list.push(19)
      break
    case 20:
      list.push(20)
      break
    case 21:
      list.push(21)
      break
    case 22:
      list.push(22)
      break
    case 23:
      list.push(23)
      break
    case 24:
      list.push(24)
      break
    case 25:
      list.push(25)
      break
    case 26:
      list.push(26)
      break
    case 27:
      list.push(27)
      break
    case 28:
      list.push(28)
      break
    case 29:
      list.push(29)
      break
    case 30:
      list.push(30)
      break
    case 31:
      list.push(31)
      break
    case 32:
      list.push(32)
      break
    case 33:
      list.push(33)
      break
    case 34:
      list.push(34)
      break
    case 35:
      list.push(35)
      break
    case 36:
      list.push(36)
      break
    case 37:
      list.push(37)
      break
    case 38:
      list.push(38)
      break
    case 39:
      list.push(39)
      break
    case 40:
      list.push(40)
      break
    case 41:
      list.push(41)
      break
    case 42:
      list.push(42)
      break
    case 43:
      list.push(43)
      break
    case 44:
      list.push(44)
      break
    case 45:
      list.push(45)
      break
    case 46:
      list.push(46)
      break
    case 47:
      list.push(47)
      break
    case 48:
      list.push(48)
      break
    case 49:
      list.push(49)
      break
    case 50:
      list.push(50)
      break
    case 51:
      list.push(51)
      break
    case 52:
      list.push(52)
      break
    case 53:
      list.push(53)
      break
    case 54:
      list.push(54)
      break
    case 55:
      list.push(55)
      break
    case 56:
      list.push(56)
      break
    case 57:
      list.push(57)
      break
    case 58:
      list.push(58)
      break
    case 59:
      list.push(59)
      break
    case 60:
      list.push(60)
      break
    case 61:
      list.push(61)
      break
    case 62:
      list.push(62)
      break
    case 63:
      list.push(63)
      break
    case 64:
      list.push(64)
      break
    case 65:
      list.push(65)
      break
    case 66:
      list.push(66)
      break
    case 67:
      list.push(67)
      break
    case 68:
      list.push(68)
      break
    case 69:
      list.push(69)
      break
    case 70:
      list.push(70)
      break
    case 71:
      list.push(71)
      break
    case 72:
      list.push(72)
      break
    case 73:
      list.push(73)
      break
    case 74:
      list.push(74)
      break
    case 75:
      list.push(75)
      break
    case 76:
      list.push(76)
      break
    case 77:
      list.push(77)
      break
    case 78:
      list.push(78)
      break
    case 79:
      list.push(79)
      break
    case 80:
      list.push(80)
      break
    case 81:
      list.push(81)
      break
    case 82:
      list.push(82)
      break
    case 83:
      list.push(83)
      break
    case 84:
      list.push(84)
      break
    case 85:
      list.push(85)
      break
    case 86:
      list.push(86)
      break
    case 87:
      list.push(87)
      break
    case 88:
      list.push(88)
      break
    case 89:
      list.push(89)
      break
    case 90:
      list.push(90)
      break
    case 91:
      list.push(91)
      break
    case 92:
      list.push(92)
      break
    case 93:
      list.push(93)
      break
    case 94:
      list.push(94)
      break
    case 95:
      list.push(95)
      break
    case 96:
      list.push(96)
      break
    case 97:
      list.push(97)
      break
    case 98:
      list.push(98)
      break
    case 99:
      list.push(99)
      break
    case 100:
      list.push(100)
      break
    case 101:
      list.push(101)
      break
    case 102:
      list.push(102)
      break
    case 103:
      list.push(103)
      break
    case 104:
      list.push(104)
      break
    case 105:
      list.push(105)
      break
    case 106:
      list.push(106)
      break
    case 107:
      list.push(107)
      break
    case 108:
      list.push(108)
      break
    case 109:
      list.push(109)
      break
    case 110:
      list.push(110)
      break
    case 111:
      list.push(111)
      break
    case 112:
      list.push(112)
      break
    case 113:
      list.push(113)
      break
    case 114:
      list.push(114)
      break
    case 115:
      list.push(115)
      break
    case 116:
      list.push(116)
      break
    case 117:
      list.push(117)
      break
    case 118:
      list.push(118)
      break
    case 119:
      list.push(119)
      break
    case 120:
      list.push(120)
      break
    case 121:
      list.push(121)
      break
    case 122:
      list.push(122)
      break
    case 123:
      list.push(123)
      break
    case 124:
      list.push(124)
      break
    case 125:
      list.push(125)
      break
    case 126:
      list.push(126)
      break
    case 127:
      list.push(127)
      break
    case 128:
      list.push(128)
      break
    case 129:
      list.push(129)
      break
    case 130:
      list.push(130)
      break
    case 131:
      list.push(131)
      break
    case 132:
      list.push(132)
      break
    case 133:
      list.push(133)
      break
    case 134:
      list.push(134)
      break
    case 135:
      list.push(135)
      break
    case 136:
      list.push(136)
      break
    case 137:
      list.push(137)
      break
    case 138:
      list.push(138)
      break
    case 139:
      list.push(139)
      break
    case 140:
      list.push(140)
      break
    case 141:
      list.push(141)
      break
    case 142:
      list.push(142)
      break
    case 143:
      list.push(143)
      break
    case 144:
      list.push(144)
      break
    case 145:
      list.push(145)
      break
    case 146:
      list.push(146)
      break
    case 147:
      list.push(147)
      break
    case 148:
      list.push(148)
      break
    case 149:
      list.push(149)
      break
    case 150:
      list.push(150)
      break
    case 151:
      list.push(151)
      break
    case 152:
      list.push(152)
      break
    case 153:
      list.push(153)
      break
    case 154:
      list.push(154)
      break
    case 155:
      list.push(155)
      break
    case 156:
      list.push(156)
      break
    case 157:
      list.push(157)
      break
    case 158:
      list.push(158)
      break
    case 159:
      list.push(159)
      break
    case 160:
      list.push(160)
      break
    case 161:
      list.push(161)
      break
    case 162:
      list.push(162)
      break
    case 163:
      list.push(163)
      break
    case 164:
      list.push(164)
      break
    case 165:
      list.push(165)
      break
    case 166:
      list.push(166)
      break
    case 167:
      list.push(167)
      break
    case 168:
      list.push(168)
      break
    case 169:
      list.push(169)
      break
    case 170:
      list.push(170)
      break
    case 171:
      list.push(171)
      break
    case 172:
      list.push(172)
      break
    case 173:
      list.push(173)
      break
    case 174:
      list.push(174)
      break
    case 175:
      list.push(175)
      break
    case 176:
      list.push(176)
      break
    case 177:
      list.push(177)
      break
    case 178:
      list.push(178)
      break
    case 179:
      list.push(179)
      break
    case 180:
      list.push(180)
      break
    case 181:
      list.push(181)
      break
    case 182:
      list.push(182)
      break
    case 183:
      list.push(183)
      break
    case 184:
      list.push(184)
      break
    case 185:
      list.push(185)
      break
    case 186:
      list.push(186)
      break
    case 187:
      list.push(187)
      break
    case 188:
      list.push(188)
      break
    case 189:
      list.push(189)
      break
    case 190:
      list.push(190)
      break
    case 191:
      list.push(191)
      break
    case 192:
      list.push(192)
      break
    case 193:
      list.push(193)
      break
    case 194:
      list.push(194)
      break
    case 195:
      list.push(195)
      break
    case 196:
      list.push(196)
      break
    case 197:
      list.push(197)
      break
    case 198:
      list.push(198)
      break
    case 199:
      list.push(199)
      break
    case 200:
      await thread.spawn(move(() => list.length))
      break
    case 201:
      list.push(201)
      break
    case 202:
      list.push(202)
      break
    case 203:
      list.push(203)
      break
    case 204:
      list.push(204)
      break
    case 205:
      list.push(205)
      break
    case 206:
      list.push(206)
      break
    case 207:
      list.push(207)
      break
    case 208:
      list.push(208)
      break
    case 209:
      list.push(209)
      break
    case 210:
      list.push(210)
      break
    case 211:
      list.push(211)
      break
    case 212:
      list.push(212)
      break
    case 213:
      list.push(213)
      break
    case 214:
      list.push(214)
      break
    case 215:
      list.push(215)
      break
    case 216:
      list.push(216)
      break
    case 217:
      list.push(217)
      break
    case 218:
      list.push(218)
      break
    case 219:
      list.push(219)
      break
    case 220:
      list.push(220)
      break
    case 221:
      list.push(221)
      break
    case 222:
      list.push(222)
      break
    case 223:
      list.push(223)
      break
    case 224:
      list.push(224)
      break
    case 225:
      list.push(225)
      break
    case 226:
      list.push(226)
      break
    case 227:
      list.push(227)
      break
    case 228:
      list.push(228)
      break
    case 229:
      list.push(229)
      break
    case 230:
      list.push(230)
      break
    case 231:
      list.push(231)
      break
    case 232:
      list.push(232)
      break
    case 233:
      list.push(233)
      break
    case 234:
      list.push(234)
      break
    case 235:
      list.push(235)
      break
    case 236:
      list.push(236)
      break
    case 237:
      list.push(237)
      break
    case 238:
      list.push(238)
      break
    case 239:
      list.push(239)
      break
    case 240:
      list.push(240)
      break
    case 241:
      list.push(241)
      break
    case 242:
      list.push(242)
      break
    case 243:
      list.push(243)
      break
    case 244:
      list.push(244)
      break
    case 245:
      list.push(245)
      break
    case 246:
      list.push(246)
      break
    case 247:
      list.push(247)
      break
    case 248:
      list.push(248)
      break
    case 249:
      list.push(249)
      break
    case 250:
      list.push(250)
      break
    case 251:
      list.push(251)
      break
    case 252:
      list.push(252)
      break
    case 253:
      list.push(253)
      break
    case 254:
      list.push(254)
      break
    case 255:
      list.push(255)
      break
    case 256:
      list.push(256)
      break
    case 257:
      list.push(257)
      break
    case 258:
      list.push(258)
      break
    case 259:
      list.push(259)
      break
    case 260:
      list.push(260)
      break
    case 261:
      list.push(261)
      break
    case 262:
      list.push(262)
      break
    case 263:
      list.push(263)
      break
    case 264:
      list.push(264)
      break
    case 265:
      list.push(265)
      break
    case 266:
      list.push(266)
      break
    case 267:
      list.push(267)
      break
    case 268:
      list.push(268)
      break
    case 269:
      list.push(269)
      break
    case 270:
      list.push(270)
      break
    case 271:
      list.push(271)
      break
    case 272:
      list.push(272)
      break
    case 273:
      list.push(273)
      break
    case 274:
      list.push(274)
      break
    case 275:
      list.push(275)
      break
    case 276:
      list.push(276)
      break
    case 277:
      list.push(277)
      break
    case 278:
      list.push(278)
      break
    case 279:
      list.push(279)
      break
    case 280:
      list.push(280)
      break
    case 281:
      list.push(281)
      break
    case 282:
      list.push(282)
      break
    case 283:
      list.push(283)
      break
    case 284:
      list.push(284)
      break
    case 285:
      list.push(285)
      break
    case 286:
      list.push(286)
      break
    case 287:
      list.push(287)
      break
    case 288:
      list.push(288)
      break
    case 289:
      list.push(289)
      break
    case 290:
      list.push(290)
      break
    case 291:
      list.push(291)
      break
    case 292:
      list.push(292)
      break
    case 293:
      list.push(293)
      break
    case 294:
      list.push(294)
      break
    case 295:
      list.push(295)
      break
    case 296:
      list.push(296)
      break
    case 297:
      list.push(297)
      break
    case 298:
      list.push(298)
      break
    case 299:
      list.push(299)
      break
    case 300:
      list.push(300)
      break
    case 301:
      list.push(301)
      break
    case 302:
      list.push(302)
      break
    case 303:
      list.push(303)
      break
    case 304:
      list.push(304)
      break
    case 305:
      list.push(305)
      break
    case 306:
      list.push(306)
      break
    case 307:
      list.push(307)
      break
    case 308:
      list.push(308)
      break
    case 309:
      list.push(309)
      break
    case 310:
      list.push(310)
      break
    case 311:
      list.push(311)
      break
    case 312:
      list.push(312)
      break
    case 313:
      list.push(313)
      break
    case 314:
      list.push(314)
      break
    case 315:
      list.push(315)
      break
    case 316:
      list.push(316)
      break
    case 317:
      list.push(317)
      break
    case 318:
      list.push(318)
      break
    case 319:
      list.push(319)
      break
    case 320:
      list.push(320)
      break
    case 321:
      list.push(321)
      break
    case 322:
      list.push(322)
      break
    case 323:
      list.push(323)
      break
    case 324:
      list.push(324)
      break
    case 325:
      list.push(325)
      break
    case 326:
      list.push(326)
      break
    case 327:
      list.push(327)
      break
    case 328:
      list.push(328)
      break
    case 329:
      list.push(329)
      break
    case 330:
      list.push(330)
      break
    case 331:
      list.push(331)
      break
    case 332:
      list.push(332)
      break
    case 333:
      list.push(333)
      break
    case 334:
      list.push(334)
      break
    case 335:
      list.push(335)
      break
    case 336:
      list.push(336)
      break
    case 337:
      list.push(337)
      break
    case 338:
      list.push(338)
      break
    case 339:
      list.push(339)
      break
    case 340:
      list.push(340)
      break
    case 341:
      list.push(341)
      break
    case 342:
      list.push(342)
      break
    case 343:
      list.push(343)
      break
    case 344:
      list.push(344)
      break
    case 345:
      list.push(345)
      break
    case 346:
      list.push(346)
      break
    case 347:
      list.push(347)
      break
    case 348:
      list.push(348)
      break
    case 349:
      list.push(349)
      break
    case 350:
      list.push(350)
      break
    case 351:
      list.push(351)
      break
    case 352:
      list.push(352)
      break
    case 353:
      list.push(353)
      break
    case 354:
      list.push(354)
      break
    case 355:
      list.push(355)
      break
    case 356:
      list.push(356)
      break
    case 357:
      list.push(357)
      break
    case 358:
      list.push(358)
      break
    case 359:
      list.push(359)
      break
    case 360:
      list.push(360)
      break
    case 361:
      list.push(361)
      break
    case 362:
      list.push(362)
      break
    case 363:
      list.push(363)
      break
    case 364:
      list.push(364)
      break
    case 365:
      list.push(365)
      break
    case 366:
      list.push(366)
      break
    case 367:
      list.push(367)
      break
    case 368:
      list.push(368)
      break
    case 369:
      list.push(369)
      break
    case 370:
      list.push(370)
      break
    case 371:
      list.push(371)
      break
    case 372:
      list.push(372)
      break
    case 373:
      list.push(373)
      break
    case 374:
      list.push(374)
      break
    case 375:
      list.push(375)
      break
    case 376:
      list.push(376)
      break
    case 377:
      list.push(377)
      break
    case 378:
      list.push(378)
      break
    case 379:
      list.push(379)
      break
    case 380:
      list.push(380)
      break
    case 381:
      list.push(381)
      break
    case 382:
      list.push(382)
      break
    case 383:
      list.push(383)
      break
    case 384:
      list.push(384)
      break
    case 385:
      list.push(385)
      break
    case 386:
      list.push(386)
      break
    case 387:
      list.push(387)
      break
    case 388:
      list.push(388)
      break
    case 389:
      list.push(389)
      break
    case 390:
      list.push(390)
      break
    case 391:
      list.push(391)
      break
    case 392:
      list.push(392)
      break
    case 393:
      list.push(393)
      break
    case 394:
      list.push(394)
      break
    case 395:
      list.push(395)
      break
    case 396:
      list.push(396)
      break
    case 397:
      list.push(397)
      break
    case 398:
      list.push(398)
      break
    case 399:
      list.push(399)
      break
  }
  if (n === -1) list.push(0)
  else if (n === -2) list.push(1)
  else if (n === -3) list.push(2)
  else if (n === -4) list.push(3)
  else if (n === -5) list.push(4)
  else if (n === -6) list.push(5)
  else if (n === -7) list.push(6)
  else if (n === -8) list.push(7)
  else if (n === -9) list.push(8)
  else if (n === -10) list.push(9)
  else if (n === -11) list.push(10)
  else if (n === -12) list.push(11)
  else if (n === -13) list.push(12)
  else if (n === -14) list.push(13)
  else if (n === -15) list.push(14)
  else if (n === -16) list.push(15)
  else if (n === -17) list.push(16)
  else if (n === -18) list.push(17)
  else if (n === -19) list.push(18)
  else if (n === -20) list.push(19)
  else if (n === -21) list.push(20)
  else if (n === -22) list.push(21)
  else if (n === -23) list.push(22)
  else if (n === -24) list.push(23)
  else if (n === -25) list.push(24)
  else if (n === -26) list.push(25)
  else if (n === -27) list.push(26)
  else if (n === -28) list.push(27)
  else if (n === -29) list.push(28)
  else if (n === -30) list.push(29)
  else if (n === -31) list.push(30)
  else if (n === -32) list.push(31)
  else if (n === -33) list.push(32)
  else if (n === -34) list.push(33)
  else if (n === -35) list.push(34)
  else if (n === -36) list.push(35)
  else if (n === -37) list.push(36)
  else if (n === -38) list.push(37)
  else if (n === -39) list.push(38)
  else if (n === -40) list.push(39)
  else if (n === -41) list.push(40)
  else if (n === -42) list.push(41)
  else if (n === -43) list.push(42)
  else if (n === -44) list.push(43)
  else if (n === -45) list.push(44)
  else if (n === -46) list.push(45)
  else if (n === -47) list.push(46)
  else if (n === -48) list.push(47)
  else if (n === -49) list.push(48)
  else if (n === -50) list.push(49)
  else if (n === -51) list.push(50)
  else if (n === -52) list.push(51)
  else if (n === -53) list.push(52)
  else if (n === -54) list.push(53)
  else if (n === -55) list.push(54)
  else if (n === -56) list.push(55)
  else if (n === -57) list.push(56)
  else if (n === -58) list.push(57)
  else if (n === -59) list.push(58)
  else if (n === -60) list.push(59)
  else if (n === -61) list.push(60)
  else if (n === -62) list.push(61)
  else if (n === -63) list.push(62)
  else if (n === -64) list.push(63)
  else if (n === -65) list.push(64)
  else if (n === -66) list.push(65)
  else if (n === -67) list.push(66)
  else if (n === -68) list.push(67)
  else if (n === -69) list.push(68)
  else if (n === -70) list.push(69)
  else if (n === -71) list.push(70)
  else if (n === -72) list.push(71)
  else if (n === -73) list.push(72)
  else if (n === -74) list.push(73)
  else if (n === -75) list.push(74)
  else if (n === -76) list.push(75)
  else if (n === -77) list.push(76)
  else if (n === -78) list.push(77)
  else if (n === -79) list.push(78)
  else if (n === -80) list.push(79)
  else if (n === -81) list.push(80)
  else if (n === -82) list.push(81)
  else if (n === -83) list.push(82)
  else if (n === -84) list.push(83)
  else if (n === -85) list.push(84)
  else if (n === -86) list.push(85)
  else if (n === -87) list.push(86)
  else if (n === -88) list.push(87)
  else if (n === -89) list.push(88)
  else if (n === -90) list.push(89)
  else if (n === -91) list.push(90)
  else if (n === -92) list.push(91)
  else if (n === -93) list.push(92)
  else if (n === -94) list.push(93)
  else if (n === -95) list.push(94)
  else if (n === -96) list.push(95)
  else if (n === -97) list.push(96)
  else if (n === -98) list.push(97)
  else if (n === -99) list.push(98)
  else if (n === -100) list.push(99)
  else if (n === -101) list.push(100)
  else if (n === -102) list.push(101)
  else if (n === -103) list.push(102)
  else if (n === -104) list.push(103)
  else if (n === -105) list.push(104)
  else if (n === -106) list.push(105)
  else if (n === -107) list.push(106)
  else if (n === -108) list.push(107)
  else if (n === -109) list.push(108)
  else if (n === -110) list.push(109)
  else if (n === -111) list.push(110)
  else if (n === -112) list.push(111)
  else if (n === -113) list.push(112)
  else if (n === -114) list.push(113)
  else if (n === -115) list.push(114)
  else if (n === -116) list.push(115)
  else if (n === -117) list.push(116)
  else if (n === -118) list.push(117)
  else if (n === -119) list.push(118)
  else if (n === -120) list.push(119)
  else if (n === -121) list.push(120)
  else if (n === -122) list.push(121)
  else if (n === -123) list.push(122)
  else if (n === -124) list.push(123)
  else if (n === -125) list.push(124)
  else if (n === -126) list.push(125)
  else if (n === -127) list.push(126)
  else if (n === -128) list.push(127)
  else if (n === -129) list.push(128)
  else if (n === -130) list.push(129)
  else if (n === -131) list.push(130)
  else if (n === -132) list.push(131)
  else if (n === -133) list.push(132)
  else if (n === -134) list.push(133)
  else if (n === -135) list.push(134)
  else if (n === -136) list.push(135)
  else if (n === -137) list.push(136)
  else if (n === -138) list.push(137)
  else if (n === -139) list.push(138)
  else if (n === -140) list.push(139)
  else if (n === -141) list.push(140)
  else if (n === -142) list.push(141)
  else if (n === -143) list.push(142)
  else if (n === -144) list.push(143)
  else if (n === -145) list.push(144)
  else if (n === -146) list.push(145)
  else if (n === -147) list.push(146)
  else if (n === -148) list.push(147)
  else if (n === -149) list.push(148)
  else if (n === -150) list.push(149)
  else if (n === -151) list.push(150)
  else if (n === -152) list.push(151)
  else if (n === -153) list.push(152)
  else if (n === -154) list.push(153)
  else if (n === -155) list.push(154)
  else if (n === -156) list.push(155)
  else if (n === -157) list.push(156)
  else if (n === -158) list.push(157)
  else if (n === -159) list.push(158)
  else if (n === -160) list.push(159)
  else if (n === -161) list.push(160)
  else if (n === -162) list.push(161)
  else if (n === -163) list.push(162)
  else if (n === -164) list.push(163)
  else if (n === -165) list.push(164)
  else if (n === -166) list.push(165)
  else if (n === -167) list.push(166)
  else if (n === -168) list.push(167)
  else if (n === -169) list.push(168)
  else if (n === -170) list.push(169)
  else if (n === -171) list.push(170)
  else if (n === -172) list.push(171)
  else if (n === -173) list.push(172)
  else if (n === -174) list.push(173)
  else if (n === -175) list.push(174)
  else if (n === -176) list.push(175)
  else if (n === -177) list.push(176)
  else if (n === -178) list.push(177)
  else if (n === -179) list.push(178)
  else if (n === -180) list.push(179)
  else if (n === -181) list.push(180)
  else if (n === -182) list.push(181)
  else if (n === -183) list.push(182)
  else if (n === -184) list.push(183)
  else if (n === -185) list.push(184)
  else if (n === -186) list.push(185)
  else if (n === -187) list.push(186)
  else if (n === -188) list.push(187)
  else if (n === -189) list.push(188)
  else if (n === -190) list.push(189)
  else if (n === -191) list.push(190)
  else if (n === -192) list.push(191)
  else if (n === -193) list.push(192)
  else if (n === -194) list.push(193)
  else if (n === -195) list.push(194)
  else if (n === -196) list.push(195)
  else if (n === -197) list.push(196)
  else if (n === -198) list.push(197)
  else if (n === -199) list.push(198)
  else if (n === -200) list.push(199)
  else if (n === -201) list.push(200)
  else if (n === -202) list.push(201)
  else if (n === -203) list.push(202)
  else if (n === -204) list.push(203)
  else if (n === -205) list.push(204)
  else if (n === -206) list.push(205)
  else if (n === -207) list.push(206)
  else if (n === -208) list.push(207)
  else if (n === -209) list.push(208)
  else if (n === -210) list.push(209)
  else if (n === -211) list.push(210)
  else if (n === -212) list.push(211)
  else if (n === -213) list.push(212)
  else if (n === -214) list.push(213)
  else if (n === -215) list.push(214)
  else if (n === -216) list.push(215)
  else if (n === -217) list.push(216)
  else if (n === -218) list.push(217)
  else if (n === -219) list.push(218)
  else if (n === -220) list.push(219)
  else if (n === -221) list.push(220)
  else if (n === -222) list.push(221)
  else if (n === -223) list.push(222)
  else if (n === -224) list.push(223)
  else if (n === -225) list.push(224)
  else if (n === -226) list.push(225)
  else if (n === -227) list.push(226)
  else if (n === -228) list.push(227)
  else if (n === -229) list.push(228)
  else if (n === -230) list.push(229)
  else if (n === -231) list.push(230)
  else if (n === -232) list.push(231)
  else if (n === -233) list.push(232)
  else if (n === -234) list.push(233)
  else if (n === -235) list.push(234)
  else if (n === -236) list.push(235)
  else if (n === -237) list.push(236)
  else if (n === -238) list.push(237)
  else if (n === -239) list.push(238)
  else if (n === -240) list.push(239)
  else if (n === -241) list.push(240)
  else if (n === -242) list.push(241)
  else if (n === -243) list.push(242)
  else if (n === -244) list.push(243)
  else if (n === -245) list.push(244)
  else if (n === -246) list.push(245)
  else if (n === -247) list.push(246)
  else if (n === -248) list.push(247)
  else if (n === -249) list.push(248)
  else if (n === -250) list.push(249)
  else if (n === -251) list.push(250)
  else if (n === -252) list.push(251)
  else if (n === -253) list.push(252)
  else if (n === -254) list.push(253)
  else if (n === -255) list.push(254)
  else if (n === -256) list.push(255)
  else if (n === -257) list.push(256)
  else if (n === -258) list.push(257)
  else if (n === -259) list.push(258)
  else if (n === -260) list.push(259)
  else if (n === -261) list.push(260)
  else if (n === -262) list.push(261)
  else if (n === -263) list.push(262)
  else if (n === -264) list.push(263)
  else if (n === -265) list.push(264)
  else if (n === -266) list.push(265)
  else if (n === -267) list.push(266)
  else if (n === -268) list.push(267)
  else if (n === -269) list.push(268)
  else if (n === -270) list.push(269)
  else if (n === -271) list.push(270)
  else if (n === -272) list.push(271)
  else if (n === -273) list.push(272)
  else if (n === -274) list.push(273)
  else if (n === -275) list.push(274)
  else if (n === -276) list.push(275)
  else if (n === -277) list.push(276)
  else if (n === -278) list.push(277)
  else if (n === -279) list.push(278)
  else if (n === -280) list.push(279)
  else if (n === -281) list.push(280)
  else if (n === -282) list.push(281)
  else if (n === -283) list.push(282)
  else if (n === -284) list.push(283)
  else if (n === -285) list.push(284)
  else if (n === -286) list.push(285)
  else if (n === -287) list.push(286)
  else if (n === -288) list.push(287)
  else if (n === -289) list.push(288)
  else if (n === -290) list.push(289)
  else if (n === -291) list.push(290)
  else if (n === -292) list.push(291)
  else if (n === -293) list.push(292)
  else if (n === -294) list.push(293)
  else if (n === -295) list.push(294)
  else if (n === -296) list.push(295)
  else if (n === -297) list.push(296)
  else if (n === -298) list.push(297)
  else if (n === -299) list.push(298)
  else if (n === -300) list.push(299)
  else if (n === -301) list.push(300)
  else if (n === -302) list.push(301)
  else if (n === -303) list.push(302)
  else if (n === -304) list.push(303)
  else if (n === -305) list.push(304)
  else if (n === -306) list.push(305)
  else if (n === -307) list.push(306)
  else if (n === -308) list.push(307)
  else if (n === -309) list.push(308)
  else if (n === -310) list.push(309)
  else if (n === -311) list.push(310)
  else if (n === -312) list.push(311)
  else if (n === -313) list.push(312)
  else if (n === -314) list.push(313)
  else if (n === -315) list.push(314)
  else if (n === -316) list.push(315)
  else if (n === -317) list.push(316)
  else if (n === -318) list.push(317)
  else if (n === -319) list.push(318)
  else if (n === -320) list.push(319)
  else if (n === -321) list.push(320)
  else if (n === -322) list.push(321)
  else if (n === -323) list.push(322)
  else if (n === -324) list.push(323)
  else if (n === -325) list.push(324)
  else if (n === -326) list.push(325)
  else if (n === -327) list.push(326)
  else if (n === -328) list.push(327)
  else if (n === -329) list.push(328)
  else if (n === -330) list.push(329)
  else if (n === -331) list.push(330)
  else if (n === -332) list.push(331)
  else if (n === -333) list.push(332)
  else if (n === -334) list.push(333)
  else if (n === -335) list.push(334)
  else if (n === -336) list.push(335)
  else if (n === -337) list.push(336)
  else if (n === -338) list.push(337)
  else if (n === -339) list.push(338)
  else if (n === -340) list.push(339)
  else if (n === -341) list.push(340)
  else if (n === -342) list.push(341)
  else if (n === -343) list.push(342)
  else if (n === -344) list.push(343)
  else if (n === -345) list.push(344)
  else if (n === -346) list.push(345)
  else if (n === -347) list.push(346)
  else if (n === -348) list.push(347)
  else if (n === -349) list.push(348)
  else if (n === -350) list.push(349)
  else if (n === -351) list.push(350)
  else if (n === -352) list.push(351)
  else if (n === -353) list.push(352)
  else if (n === -354) list.push(353)
  else if (n === -355) list.push(354)
  else if (n === -356) list.push(355)
  else if (n === -357) list.push(356)
  else if (n === -358) list.push(357)
  else if (n === -359) list.push(358)
  else if (n === -360) list.push(359)
  else if (n === -361) list.push(360)
  else if (n === -362) list.push(361)
  else if (n === -363) list.push(362)
  else if (n === -364) list.push(363)
  else if (n === -365) list.push(364)
  else if (n === -366) list.push(365)
  else if (n === -367) list.push(366)
  else if (n === -368) list.push(367)
  else if (n === -369) list.push(368)
  else if (n === -370) list.push(369)
  else if (n === -371) list.push(370)
  else if (n === -372) list.push(371)
  else if (n === -373) list.push(372)
  else if (n === -374) list.push(373)
  else if (n === -375) list.push(374)
  else if (n === -376) list.push(375)
  else if (n === -377) list.push(376)
  else if (n === -378) list.push(377)
  else if (n === -379) list.push(378)
  else if (n === -380) list.push(379)
  else if (n === -381) list.push(380)
  else if (n === -382) list.push(381)
  else if (n === -383) list.push(382)
  else if (n === -384) list.push(383)
  else if (n === -385) list.push(384)
  else if (n === -386) list.push(385)
  else if (n === -387) list.push(386)
  else if (n === -388) list.push(387)
  else if (n === -389) list.push(388)
  else if (n === -390) list.push(389)
  else if (n === -391) list.push(390)
  else if (n === -392) list.push(391)
  else if (n === -393) list.push(392)
  else if (n === -394) list.push(393)
  else if (n === -395) list.push(394)
  else if (n === -396) list.push(395)
  else if (n === -397) list.push(396)
  else if (n === -398) list.push(397)
  else if (n === -399) list.push(398)
  else if (n === -400) list.push(399)
  else console.log('none')
  return n !== -1 &&
    n !== -2 &&
    n !== -3 &&
    n !== -4 &&
    n !== -5 &&
    n !== -6 &&
    n !== -7 &&
    n !== -8 &&
    n !== -9 &&
    n !== -10 &&
    n !== -11 &&
    n !== -12 &&
    n !== -13 &&
    n !== -14 &&
    n !== -15 &&
    n !== -16 &&
    n !== -17 &&
    n !== -18 &&
    n !== -19 &&
    n !== -20 &&
    n !== -21 &&
    n !== -22 &&
    n !== -23 &&
    n !== -24 &&
    n !== -25 &&
    n !== -26 &&
    n !== -27 &&
    n !== -28 &&
    n !== -29 &&
    n !== -30 &&
    n !== -31 &&
    n !== -32 &&
    n !== -33 &&
    n !== -34 &&
    n !== -35 &&
    n !== -36 &&
    n !== -37 &&
    n !== -38 &&
    n !== -39 &&
    n !== -40 &&
    n !== -41 &&
    n !== -42 &&
    n !== -43 &&
    n !== -44 &&
    n !== -45 &&
    n !== -46 &&
    n !== -47 &&
    n !== -48 &&
    n !== -49 &&
    n !== -50 &&
    n !== -51 &&
    n !== -52 &&
    n !== -53 &&
    n !== -54 &&
    n !== -55 &&
    n !== -56 &&
    n !== -57 &&
    n !== -58 &&
    n !== -59 &&
    n !== -60 &&
    n !== -61 &&
    n !== -62 &&
    n !== -63 &&
    n !== -64 &&
    n !== -65 &&
    n !== -66 &&
    n !== -67 &&
    n !== -68 &&
    n !== -69 &&
    n !== -70 &&
    n !== -71 &&
    n !== -72 &&
    n !== -73 &&
    n !== -74 &&
    n !== -75 &&
    n !== -76 &&
    n !== -77 &&
    n !== -78 &&
    n !== -79 &&
    n !== -80 &&
    n !== -81 &&
    n !== -82 &&
    n !== -83 &&
    n !== -84 &&
    n !== -85 &&
    n !== -86 &&
    n !== -87 &&
    n !== -88 &&
    n !== -89 &&
    n !== -90 &&
    n !== -91 &&
    n !== -92 &&
    n !== -93 &&
    n !== -94 &&
    n !== -95 &&
    n !== -96 &&
    n !== -97 &&
    n !== -98 &&
    n !== -99 &&
    n !== -100 &&
    n !== -101 &&
    n !== -102 &&
    n !== -103 &&
    n !== -104 &&
    n !== -105 &&
    n !== -106 &&
    n !== -107 &&
    n !== -108 &&
    n !== -109 &&
    n !== -110 &&
    n !== -111 &&
    n !== -112 &&
    n !== -113 &&
    n !== -114 &&
    n !== -115 &&
    n !== -116 &&
    n !== -117 &&
    n !== -118 &&
    n !== -119 &&
    n !== -120 &&
    n !== -121 &&
    n !== -122 &&
    n !== -123 &&
    n !== -124 &&
    n !== -125 &&
    n !== -126 &&
    n !== -127 &&
    n !== -128 &&
    n !== -129 &&
    n !== -130 &&
    n !== -131 &&
    n !== -132 &&
    n !== -133 &&
    n !== -134 &&
    n !== -135 &&
    n !== -136 &&
    n !== -137 &&
    n !== -138 &&
    n !== -139 &&
    n !== -140 &&
    n !== -141 &&
    n !== -142 &&
    n !== -143 &&
    n !== -144 &&
    n !== -145 &&
    n !== -146 &&
    n !== -147 &&
    n !== -148 &&
    n !== -149 &&
    n !== -150 &&
    n !== -151 &&
    n !== -152 &&
    n !== -153 &&
    n !== -154 &&
    n !== -155 &&
    n !== -156 &&
    n !== -157 &&
    n !== -158 &&
    n !== -159 &&
    n !== -160 &&
    n !== -161 &&
    n !== -162 &&
    n !== -163 &&
    n !== -164 &&
    n !== -165 &&
    n !== -166 &&
    n !== -167 &&
    n !== -168 &&
    n !== -169 &&
    n !== -170 &&
    n !== -171 &&
    n !== -172 &&
    n !== -173 &&
    n !== -174 &&
    n !== -175 &&
    n !== -176 &&
    n !== -177 &&
    n !== -178 &&
    n !== -179 &&
    n !== -180 &&
    n !== -181 &&
    n !== -182 &&
    n !== -183 &&
    n !== -184 &&
    n !== -185 &&
    n !== -186 &&
    n !== -187 &&
    n !== -188 &&
    n !== -189 &&
    n !== -190 &&
    n !== -191 &&
    n !== -192 &&
    n !== -193 &&
    n !== -194 &&
    n !== -195 &&
    n !== -196 &&
    n !== -197 &&
    n !== -198 &&
    n !== -199 &&
    n !== -200 &&
    n !== -201 &&
    n !== -202 &&
    n !== -203 &&
    n !== -204 &&
    n !== -205 &&
    n !== -206 &&
    n !== -207 &&
    n !== -208 &&
    n !== -209 &&
    n !== -210 &&
    n !== -211 &&
    n !== -212 &&
    n !== -213 &&
    n !== -214 &&
    n !== -215 &&
    n !== -216 &&
    n !== -217 &&
    n !== -218 &&
    n !== -219 &&
    n !== -220 &&
    n !== -221 &&
    n !== -222 &&
    n !== -223 &&
    n !== -224 &&
    n !== -225 &&
    n !== -226 &&
    n !== -227 &&
    n !== -228 &&
    n !== -229 &&
    n !== -230 &&
    n !== -231 &&
    n !== -232 &&
    n !== -233 &&
    n !== -234 &&
    n !== -235 &&
    n !== -236 &&
    n !== -237 &&
    n !== -238 &&
    n !== -239 &&
    n !== -240 &&
    n !== -241 &&
    n !== -242 &&
    n !== -243 &&
    n !== -244 &&
    n !== -245 &&
    n !== -246 &&
    n !== -247 &&
    n !== -248 &&
    n !== -249 &&
    n !== -250 &&
    n !== -251 &&
    n !== -252 &&
    n !== -253 &&
    n !== -254 &&
    n !== -255 &&
    n !== -256 &&
    n !== -257 &&
    n !== -258 &&
    n !== -259 &&
    n !== -260 &&
    n !== -261 &&
    n !== -262 &&
    n !== -263 &&
    n !== -264 &&
    n !== -265 &&
    n !== -266 &&
    n !== -267 &&
    n !== -268 &&
    n !== -269 &&
    n !== -270 &&
    n !== -271 &&
    n !== -272 &&
    n !== -273 &&
    n !== -274 &&
    n !== -275 &&
    n !== -276 &&
    n !== -277 &&
    n !== -278 &&
    n !== -279 &&
    n !== -280 &&
    n !== -281 &&
    n !== -282 &&
    n !== -283 &&
    n !== -284 &&
    n !== -285 &&
    n !== -286 &&
    n !== -287 &&
    n !== -288 &&
    n !== -289 &&
    n !== -290 &&
    n !== -291 &&
    n !== -292 &&
    n !== -293 &&
    n !== -294 &&
    n !== -295 &&
    n !== -296 &&
    n !== -297 &&
    n !== -298 &&
    n !== -299 &&
    n !== -300 &&
    n !== -301 &&
    n !== -302 &&
    n !== -303 &&
    n !== -304 &&
    n !== -305 &&
    n !== -306 &&
    n !== -307 &&
    n !== -308 &&
    n !== -309 &&
    n !== -310 &&
    n !== -311 &&
    n !== -312 &&
    n !== -313 &&
    n !== -314 &&
    n !== -315 &&
    n !== -316 &&
    n !== -317 &&
    n !== -318 &&
    n !== -319 &&
    n !== -320 &&
    n !== -321 &&
    n !== -322 &&
    n !== -323 &&
    n !== -324 &&
    n !== -325 &&
    n !== -326 &&
    n !== -327 &&
    n !== -328 &&
    n !== -329 &&
    n !== -330 &&
    n !== -331 &&
    n !== -332 &&
    n !== -333 &&
    n !== -334 &&
    n !== -335 &&
    n !== -336 &&
    n !== -337 &&
    n !== -338 &&
    n !== -339 &&
    n !== -340 &&
    n !== -341 &&
    n !== -342 &&
    n !== -343 &&
    n !== -344 &&
    n !== -345 &&
    n !== -346 &&
    n !== -347 &&
    n !== -348 &&
    n !== -349 &&
    n !== -350 &&
    n !== -351 &&
    n !== -352 &&
    n !== -353 &&
    n !== -354 &&
    n !== -355 &&
    n !== -356 &&
    n !== -357 &&
    n !== -358 &&
    n !== -359 &&
    n !== -360 &&
    n !== -361 &&
    n !== -362 &&
    n !== -363 &&
    n !== -364 &&
    n !== -365 &&
    n !== -366 &&
    n !== -367 &&
    n !== -368 &&
    n !== -369 &&
    n !== -370 &&
    n !== -371 &&
    n !== -372 &&
    n !== -373 &&
    n !== -374 &&
    n !== -375 &&
    n !== -376 &&
    n !== -377 &&
    n !== -378 &&
    n !== -379 &&
    n !== -380 &&
    n !== -381 &&
    n !== -382 &&
    n !== -383 &&
    n !== -384 &&
    n !== -385 &&
    n !== -386 &&
    n !== -387 &&
    n !== -388 &&
    n !== -389 &&
    n !== -390 &&
    n !== -391 &&
    n !== -392 &&
    n !== -393 &&
    n !== -394 &&
    n !== -395 &&
    n !== -396 &&
    n !== -397 &&
    n !== -398 &&
    n !== -399 &&
    n !== -400
    ? list.at(0)!
    : 0
}

console.log(await run(200))
